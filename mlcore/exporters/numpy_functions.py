"""The functions that a file of NumPy code calls, each written into it where it does."""

SIGMOID = '''
def sigmoid(z):
    """1 / (1 + exp(-z)); the exponential is only taken of numbers that are not positive, so none overflows."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
'''

GELU_FUNCTION = '''
def gelu(x):
    """Each number times the share of the normal distribution below it."""
    below = [math.erfc(-z / math.sqrt(2)) / 2 for z in x.ravel().tolist()]
    return x * np.reshape(below, x.shape).astype(x.dtype)
'''
LAYER_NORM = '''
def layer_norm(x, gain, bias, eps):
    """Every row, or every step of a sequence, with mean 0 and variance 1 over its numbers, then scaled and shifted."""
    axes = tuple(range(-gain.ndim, 0))
    x = x - x.mean(axis=axes, keepdims=True)
    return x / np.sqrt(x.var(axis=axes, keepdims=True) + np.float32(eps)) * gain + bias
'''
CONV2D = '''
def conv2d(x, filters, bias, stride, padding):
    """How well each filter fits at every place of images x [rows, channels, height, width]."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    seen = np.lib.stride_tricks.sliding_window_view(x, filters.shape[2:], (2, 3))[:, :, ::stride, ::stride]
    return np.tensordot(seen, filters, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2) + bias[:, None, None]
'''
MAX_POOL2D = '''
def max_pool2d(x, size, stride):
    """The largest number of each window of images x [rows, channels, height, width]."""
    seen = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    return seen[:, :, ::stride, ::stride].max((4, 5))
'''
AVG_POOL2D = '''
def avg_pool2d(x, size, stride):
    """The mean of each window of images x [rows, channels, height, width]."""
    seen = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    return seen[:, :, ::stride, ::stride].mean((4, 5))
'''
CONV1D = '''
def conv1d(x, filters, bias, stride, padding):
    """How well each filter fits at every place of sequences x [rows, steps, channels]."""
    x = np.pad(x, ((0, 0), (padding, padding), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(x, filters.shape[2], 1)[:, ::stride]
    return np.tensordot(seen, filters, ((2, 3), (1, 2))) + bias
'''
MAX_POOL1D = '''
def max_pool1d(x, size, stride):
    """The largest number of each stretch of sequences x [rows, steps, channels]."""
    return np.lib.stride_tricks.sliding_window_view(x, size, 1)[:, ::stride].max(3)
'''
AVG_POOL1D = '''
def avg_pool1d(x, size, stride):
    """The mean of each stretch of sequences x [rows, steps, channels]."""
    return np.lib.stride_tricks.sliding_window_view(x, size, 1)[:, ::stride].mean(3)
'''
ATTENTION = '''
def attention(x, Wqkv, bqkv, Wo, bo, heads, causal):
    """Every step of sequences x [rows, steps, features] asks all others, or those before it, and weighs the answers."""
    rows, steps, _ = x.shape
    q, k, v = (x @ Wqkv + bqkv).reshape(rows, steps, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    s = q @ k.swapaxes(2, 3) / np.sqrt(np.float32(q.shape[3]))
    s = np.where(np.tri(steps, dtype=bool), s, -np.inf) if causal else s
    a = np.exp(s - s.max(axis=3, keepdims=True))
    o = a / a.sum(axis=3, keepdims=True) @ v
    return o.transpose(0, 2, 1, 3).reshape(rows, steps, -1) @ Wo + bo
'''
