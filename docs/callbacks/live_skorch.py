"""NeuralNet(…, callbacks=[Live("mine")]) with: class Live(LiveCallback, skorch.callbacks.Callback): pass"""

from mlcore import live


class LiveCallback:
    """Logs the history's newest row after every epoch; stops and sets the rate when asked."""

    def __init__(self, name=""):
        self.name = name

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.run_ = live(self.name, steps=net.max_epochs)

    def on_epoch_end(self, net, **kwargs):
        row = net.history[-1]
        numbers = {name: value for name, value in row.items() if isinstance(value, float)}
        self.run_.log(row["epoch"], **numbers)
        for group in net.optimizer_.param_groups:
            group["lr"] = self.run_.value("learning_rate", group["lr"])
        if self.run_.stop:
            raise KeyboardInterrupt  # skorch ends its training loop on it, and keeps the network

    def on_train_end(self, net, X=None, y=None, **kwargs):
        self.run_.close()
