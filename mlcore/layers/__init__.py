"""The layers there are. A new one is a page in this folder and a line here."""

from mlcore.catalogue import Catalogue, Entry

CATALOGUE = Catalogue(
    "layer",
    Entry("dense", "every output is a weighted sum of every input", "mlcore.layers.dense:Dense"),
    Entry("relu", "positive numbers pass, negative ones become zero", "mlcore.layers.activations:ReLU"),
    Entry("relu6", "ReLU that stops growing at six", "mlcore.layers.activations:ReLU6"),
    Entry("sigmoid", "squeezes any number into 0 to 1", "mlcore.layers.activations:Sigmoid"),
    Entry("tanh", "squeezes any number into -1 to 1", "mlcore.layers.activations:Tanh"),
)
