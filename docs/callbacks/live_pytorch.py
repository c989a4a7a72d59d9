"""A plain PyTorch loop, watched and steered:

with live("mine") as run:
    for step, (x, y) in steps(run, loader, optimizer, epochs=10):
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        run.log(step, loss=loss)
"""


def steps(run, loader, optimizer, epochs=1):
    """Number and batch of every step, the gradients cleared and the rate as it is wanted, until somebody stops it."""
    step = 0
    for _ in range(epochs):
        for batch in loader:
            if run.stop:
                return
            for group in optimizer.param_groups:
                group["lr"] = run.value("learning_rate", group["lr"])
            optimizer.zero_grad()
            step += 1
            yield step, batch
