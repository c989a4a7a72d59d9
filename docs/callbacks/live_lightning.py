"""Trainer(callbacks=[Live("mine")]) with: class Live(LiveCallback, lightning.Callback): pass"""

from mlcore import live


class LiveCallback:
    """Logs what the module logs, each number at the hook it first comes up at; stops and sets the rate when asked."""

    def __init__(self, name=""):
        self.name, self.run, self.of = name, live(enabled=False), {}.setdefault

    def on_train_start(self, trainer, module):
        self.run = live(self.name, steps=max(trainer.estimated_stepping_batches, 0), enabled=trainer.is_global_zero)

    def on_validation_end(self, trainer, module, at="validation"):
        self.run.log(trainer.global_step, **{k: v for k, v in trainer.callback_metrics.items() if self.of(k, at) == at})

    def on_train_epoch_end(self, trainer, module):
        self.on_validation_end(trainer, module, "epoch")

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.on_validation_end(trainer, module, "batch")
        for group in (group for optimizer in trainer.optimizers for group in optimizer.param_groups):
            group["lr"] = self.run.value("learning_rate", group["lr"])
        trainer.should_stop |= self.run.stop

    def on_train_end(self, trainer, module, error=None):
        self.run.__exit__(error and type(error), error, None)

    on_exception = on_train_end
