"""Trainer(callbacks=[Live("mine")]) with: class Live(LiveCallback, lightning.Callback): pass"""

from mlcore import live


class LiveCallback:
    """Logs what the module logs, at every step and after every validation; stops and sets the rate when asked."""

    def __init__(self, name=""):
        self.name, self.run = name, None

    def on_train_start(self, trainer, pl_module):
        self.run = live(self.name, steps=max(trainer.estimated_stepping_batches, 0), enabled=trainer.is_global_zero)

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.run.log(trainer.global_step, **trainer.callback_metrics)
        for optimizer in trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.run.value("learning_rate", group["lr"])
        trainer.should_stop = trainer.should_stop or self.run.stop

    def on_train_end(self, trainer, pl_module):
        self.run.close()

    def on_exception(self, trainer, pl_module, exception):
        if self.run is not None:
            self.run.__exit__(type(exception), exception, None)
