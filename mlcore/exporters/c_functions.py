"""The functions that a C file calls, each written into it where it does, and how `predict` begins."""

# Sums in double are at most 0.8e-6 from the model's probabilities on MNIST (784-128-10), sums in float 1.6e-6.
DENSE = """
/* y[o] = b[o] + sum over i of x[i] w[o][i] */
static void dense(const float *x, float *y, const float *w, const float *b, int inputs, int outputs) {
    for (int o = 0; o < outputs; o++) {
        MODEL_SUM sum = b[o];
        for (int i = 0; i < inputs; i++)
            sum += (MODEL_SUM)w[o * inputs + i] * x[i];
        y[o] = (float)sum;
    }
}
"""
EACH = """
static void {name}(float *x, int n{more}) {{
    for (int i = 0; i < n; i++)
        x[i] = {value};
}}
"""
SIGMOID = EACH.format(name="sigmoid", more="", value="x[i] < 0 ? expf(x[i]) / (1 + expf(x[i])) : 1 / (1 + expf(-x[i]))")

BATCH_NORM = """
/* x[c][i] = (x[c][i] - mean[c]) scale[c] + bias[c], scale = gain / sqrt(variance + eps) */
static void batch_norm(float *x, int features, int places, const float *mean, const float *scale, const float *bias) {
    for (int i = 0; i < features * places; i++) {
        int c = i / places;
        x[i] = (x[i] - mean[c]) * scale[c] + bias[c];
    }
}
"""
LAYER_NORM = """
/* x[i] = (x[i] - mean of x) / sqrt(variance of x + eps) gain[i] + bias[i] */
static void layer_norm(float *x, int n, const float *gain, const float *bias, double eps) {
    double mean = 0, variance = 0;
    for (int i = 0; i < n; i++)
        mean += (double)x[i] / n;
    for (int i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / n;
    for (int i = 0; i < n; i++)
        x[i] = (float)((x[i] - mean) / sqrt(variance + eps)) * gain[i] + bias[i];
}
"""
CONV2D = """
/* y[o][i][j] = b[o] + sum over c, u, v of w[o][c][u][v] x[c][s i + u - p][s j + v - p]; around x are zeros */
static void conv2d(const float *x, float *y, const float *w, const float *b, int channels, int height, int width,
                   int filters, int down, int across, int k, int s, int p) {
    for (int place = 0; place < filters * down * across; place++) {
        int o = place / (down * across), top = place / across % down * s - p, left = place % across * s - p;
        MODEL_SUM sum = b[o];
        for (int each = 0; each < channels * k * k; each++) {
            int c = each / (k * k), row = top + each / k % k, column = left + each % k;
            if (row >= 0 && row < height && column >= 0 && column < width)
                sum += (MODEL_SUM)w[o * channels * k * k + each] * x[(c * height + row) * width + column];
        }
        y[place] = (float)sum;
    }
}
"""
MAX_POOL2D = """
/* y[c][i][j] = the largest x[c][s i + u][s j + v] with u, v < k */
static void max_pool2d(const float *x, float *y, int channels, int height, int width,
                       int down, int across, int k, int s) {
    for (int place = 0; place < channels * down * across; place++) {
        int c = place / (down * across), top = place / across % down * s, left = place % across * s;
        const float *window = x + (c * height + top) * width + left;
        float largest = *window;
        for (int each = 1; each < k * k; each++)
            largest = fmaxf(largest, window[each / k * width + each % k]);
        y[place] = largest;
    }
}
"""
AVG_POOL2D = """
/* y[c][i][j] = the mean of x[c][s i + u][s j + v] with u, v < k */
static void avg_pool2d(const float *x, float *y, int channels, int height, int width,
                       int down, int across, int k, int s) {
    for (int place = 0; place < channels * down * across; place++) {
        int c = place / (down * across), top = place / across % down * s, left = place % across * s;
        const float *window = x + (c * height + top) * width + left;
        MODEL_SUM sum = 0;
        for (int each = 0; each < k * k; each++)
            sum += window[each / k * width + each % k];
        y[place] = (float)(sum / (k * k));
    }
}
"""
CONV1D = """
/* y[t][o] = b[o] + sum over c, u of w[o][c][u] x[s t + u - p][c]; before x and behind it are zeros */
static void conv1d(const float *x, float *y, const float *w, const float *b, int steps, int channels,
                   int places, int filters, int k, int s, int p) {
    for (int place = 0; place < places * filters; place++) {
        int o = place % filters, first = place / filters * s - p;
        MODEL_SUM sum = b[o];
        for (int each = 0; each < channels * k; each++) {
            int step = first + each % k;
            if (step >= 0 && step < steps)
                sum += (MODEL_SUM)w[o * channels * k + each] * x[step * channels + each / k];
        }
        y[place] = (float)sum;
    }
}
"""
MAX_POOL1D = """
/* y[t][c] = the largest x[s t + u][c] with u < k */
static void max_pool1d(const float *x, float *y, int channels, int places, int k, int s) {
    for (int place = 0; place < places * channels; place++) {
        const float *window = x + place / channels * s * channels + place % channels;
        float largest = *window;
        for (int u = 1; u < k; u++)
            largest = fmaxf(largest, window[u * channels]);
        y[place] = largest;
    }
}
"""
AVG_POOL1D = """
/* y[t][c] = the mean of x[s t + u][c] with u < k */
static void avg_pool1d(const float *x, float *y, int channels, int places, int k, int s) {
    for (int place = 0; place < places * channels; place++) {
        const float *window = x + place / channels * s * channels + place % channels;
        MODEL_SUM sum = 0;
        for (int u = 0; u < k; u++)
            sum += window[u * channels];
        y[place] = (float)(sum / k);
    }
}
"""
MEAN = """
/* y[c] = the mean of a channel's places, which lie `next` apart, from one channel to the other `apart` */
static void mean(const float *x, float *y, int channels, int apart, int places, int next) {
    for (int c = 0; c < channels; c++) {
        MODEL_SUM sum = 0;
        for (int i = 0; i < places; i++)
            sum += x[c * apart + i * next];
        y[c] = (float)(sum / places);
    }
}
"""
MAX = """
/* y[c] = the largest of a channel's places, which lie `next` apart, from one channel to the other `apart` */
static void max(const float *x, float *y, int channels, int apart, int places, int next) {
    for (int c = 0; c < channels; c++) {
        y[c] = x[c * apart];
        for (int i = 1; i < places; i++)
            y[c] = fmaxf(y[c], x[c * apart + i * next]);
    }
}
"""
EMBEDDING = """
/* y[t] = w[x[t]]; what is no token is no number */
static void embedding(const float *x, float *y, const float *w, int tokens, int vocabulary, int width) {
    for (int i = 0; i < tokens * width; i++) {
        float token = x[i / width];
        y[i] = token >= 0 && token < (float)vocabulary ? w[(int)token * width + i % width] : NAN;
    }
}
"""
ADD = """
static void add(float *x, int n, const float *k) {
    for (int i = 0; i < n; i++)
        x[i] += k[i];
}
"""
SCALE = """
static void scale(float *x, int n, const float *gain, int features) {
    for (int i = 0; i < n; i++)
        x[i] *= gain[i % features];
}
"""
ATTENTION = """
/* o[i] = sum over j of v[j] exp(s[j]) / sum of exp(s), s[j] = q[i] k[j] / sqrt(d), each head by itself. The largest s
   so far is subtracted from all; a larger one scales down what was added before it. */
static void attention(const float *qkv, float *o, int steps, int n, int heads, int causal) {
    int d = n / heads;
    for (int each = 0; each < steps * heads; each++) {
        int i = each / heads, head = each % heads * d;
        const float *q = qkv + i * 3 * n + head;
        MODEL_SUM largest = -INFINITY, total = 0;
        for (int m = 0; m < d; m++)
            o[i * n + head + m] = 0;
        for (int j = 0; j < (causal ? i + 1 : steps); j++) {
            const float *k = qkv + j * 3 * n + n + head, *v = k + n;
            MODEL_SUM s = 0, share = 1, before = 1;
            for (int m = 0; m < d; m++)
                s += (MODEL_SUM)q[m] * k[m];
            s /= (MODEL_SUM)sqrt(d);
            if (s > largest) {
                before = (MODEL_SUM)exp(largest - s);
                largest = s;
            } else
                share = (MODEL_SUM)exp(s - largest);
            total = total * before + share;
            for (int m = 0; m < d; m++)
                o[i * n + head + m] = (float)(o[i * n + head + m] * before + share * v[m]);
        }
        for (int m = 0; m < d; m++)
            o[i * n + head + m] = (float)(o[i * n + head + m] / total);
    }
}
"""
SOFTMAX = """
static void softmax(const float *z, float *p, int n) {
    float largest = z[0], total = 0;
    for (int i = 1; i < n; i++)
        largest = z[i] > largest ? z[i] : largest;
    for (int i = 0; i < n; i++)
        total += p[i] = expf(z[i] - largest);
    for (int i = 0; i < n; i++)
        p[i] /= total;
}
"""
PREDICT = """
void predict(const float *x, float *out) {
    float a[MODEL_WIDEST], b[MODEL_WIDEST];
"""
FEATURES = """    double f[MODEL_FEATURES];
    features(x, f);
"""
INPUTS = """    for (int i = 0; i < {many}; i++)
        a[i] = (float)(({x}[i] - shift[i]) * factor[i]);
"""
BENT = """    for (int i = 0; i < {many}; i++) {
        double z = ({x}[i] - shift[i]) * factor[i];
        a[i] = (float)(z / hypot(1, z * bend[i]));
    }
"""
