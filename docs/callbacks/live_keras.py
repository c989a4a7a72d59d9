"""model.fit(…, callbacks=[Live("mine")]) with: class Live(LiveCallback, keras.callbacks.Callback): pass"""

from mlcore import live


class LiveCallback:
    """Logs every batch and every epoch; stops and sets the rate when asked, where no schedule sets it."""

    def __init__(self, name=""):
        super().__init__()
        self.name, self.step, self.run = name, 0, live(enabled=False)

    def on_train_begin(self, logs=None):
        self.run.close("interrupted")  # a fit before that ended by an exception
        self.run = live(self.name, steps=(self.params.get("epochs") or 0) * (self.params.get("steps") or 0))
        self.step, self.free = 0, isinstance(self.model.optimizer.get_config()["learning_rate"], float)

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.run.log(self.step, **(logs or {}))
        if self.free:
            rate = float(self.model.optimizer.learning_rate)
            self.model.optimizer.learning_rate = self.run.value("learning_rate", rate)
        self.model.stop_training |= self.run.stop

    def on_epoch_end(self, epoch, logs=None):
        self.run.log(self.step, **{name: value for name, value in (logs or {}).items() if name.startswith("val_")})

    def on_train_end(self, logs=None):
        self.run.close()
