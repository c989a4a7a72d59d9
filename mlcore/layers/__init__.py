"""The layers there are. A new one is a page in this folder and a line here."""

from mlcore.catalogue import Catalogue, Entry

CATALOGUE = Catalogue(
    "layer",
    Entry("dense", "every output is a weighted sum of every input", "mlcore.layers.dense:Dense"),
    Entry("relu", "positive numbers pass, negative ones become zero", "mlcore.layers.activations:ReLU"),
    Entry("relu6", "ReLU that stops growing at six", "mlcore.layers.activations:ReLU6"),
    Entry("sigmoid", "squeezes any number into 0 to 1", "mlcore.layers.activations:Sigmoid"),
    Entry("tanh", "squeezes any number into -1 to 1", "mlcore.layers.activations:Tanh"),
    Entry("leaky_relu", "ReLU that lets a little of a negative number through", "mlcore.layers.activations:LeakyReLU"),
    Entry("elu", "positive numbers pass, negative ones bend to -alpha", "mlcore.layers.activations:ELU"),
    Entry("softplus", "ReLU without the corner", "mlcore.layers.activations:Softplus"),
    Entry("silu", "each number times its own sigmoid", "mlcore.layers.activations:SiLU"),
    Entry("gelu", "each number times the share of the normal distribution below it", "mlcore.layers.activations:GELU"),
    Entry("dropout", "forgets numbers at random while it learns", "mlcore.layers.dropout:Dropout"),
    Entry("augment", "moves, turns and mirrors images while it learns", "mlcore.layers.augment:Augment"),
    Entry("batch_norm", "mean 0 and variance 1 over the rows of a batch", "mlcore.layers.norms:BatchNorm"),
    Entry("layer_norm", "mean 0 and variance 1 over the numbers of a row", "mlcore.layers.norms:LayerNorm"),
    Entry("scale", "every feature times a number of its own, which is learned", "mlcore.layers.scale:Scale"),
    Entry("conv2d", "small patterns looked for everywhere in an image", "mlcore.layers.conv:Conv2d"),
    Entry("max_pool2d", "the largest number of each neighbourhood of an image", "mlcore.layers.pool:MaxPool2d"),
    Entry("avg_pool2d", "the mean of each neighbourhood of an image", "mlcore.layers.pool:AvgPool2d"),
    Entry("conv1d", "small patterns looked for everywhere in a sequence", "mlcore.layers.conv1d:Conv1d"),
    Entry("max_pool1d", "the largest number of each stretch of a sequence", "mlcore.layers.pool:MaxPool1d"),
    Entry("avg_pool1d", "the mean of each stretch of a sequence", "mlcore.layers.pool:AvgPool1d"),
    Entry("mean", "the mean of each channel, wherever in the image or sequence", "mlcore.layers.summary:Mean"),
    Entry("max", "the largest number of each channel, wherever in the image or sequence", "mlcore.layers.summary:Max"),
    Entry("embedding", "every token has numbers of its own, which are learned", "mlcore.layers.embedding:Embedding"),
    Entry(
        "column_embedding",
        "every category of a table's columns has numbers of its own, which are learned",
        "mlcore.layers.embedding:ColumnEmbedding",
    ),
    Entry("positions", "tells each step of a sequence where it stands", "mlcore.layers.positions:Positions"),
    Entry("attention", "every step of a sequence asks all others", "mlcore.layers.attention:Attention"),
    Entry("skip", "keeps what arrives here for the add that follows", "mlcore.layers.residual:Skip"),
    Entry("add", "adds what the last skip kept", "mlcore.layers.residual:Add"),
    Entry("rnn", "a memory of the steps before, made anew at every step", "mlcore.layers.recurrent:RNN"),
    Entry("gru", "a memory whose gates choose what stays and what is new", "mlcore.layers.recurrent:GRU"),
    Entry("lstm", "a memory that keeps until a gate forgets, for long sequences", "mlcore.layers.recurrent:LSTM"),
    Entry("flatten", "every row as one list of numbers", "mlcore.layers.flatten:Flatten"),
)

PAGE = "mlcore.layers.activations:"
ACTIVATIONS = tuple(entry.name for entry in CATALOGUE if entry.where.startswith(PAGE))  # in the order of the catalogue
