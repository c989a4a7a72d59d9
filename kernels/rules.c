/* The constants of an optimizer at one step. */
#include <math.h>

#include "mlj.h"

static mlj_rule of_kind(int32_t kind, double rate) {
    return (mlj_rule){.kind = kind, .rate = rate, .step = (float)rate, .clip = 1};
}

mlj_rule mlj_rule_sgd(double rate, double momentum, int32_t nesterov) {
    mlj_rule rule = of_kind(MLJ_SGD, rate);
    rule.nesterov = nesterov;
    rule.keep1 = (float)momentum;
    return rule;
}

mlj_rule mlj_rule_rmsprop(double rate, double rho, double epsilon) {
    mlj_rule rule = of_kind(MLJ_RMSPROP, rate);
    rule.keep2 = (float)rho;
    rule.take2 = (float)(1 - rho);
    rule.epsilon = (float)epsilon;
    return rule;
}

mlj_rule mlj_rule_adagrad(double rate, double epsilon) {
    mlj_rule rule = of_kind(MLJ_ADAGRAD, rate);
    rule.keep2 = rule.take2 = 1;
    rule.epsilon = (float)epsilon;
    return rule;
}

mlj_rule mlj_rule_adam(double rate, double beta1, double beta2, double epsilon, double correction1,
                       double correction2) {
    mlj_rule rule = of_kind(MLJ_ADAM, rate);
    rule.step = (float)((float)rate / (double)(float)correction1);
    rule.keep1 = (float)beta1;
    rule.take1 = (float)(1 - beta1);
    rule.keep2 = (float)beta2;
    rule.take2 = (float)(1 - beta2);
    rule.shrink = (float)(1 / sqrt((float)correction2));
    rule.epsilon = (float)epsilon;
    return rule;
}

void mlj_penalise(mlj_rule *rule, double decay, double l1) {
    const int beside = rule->kind == MLJ_ADAMW;
    rule->decay = beside ? 0 : (float)decay;
    rule->fade = beside ? (float)(rule->rate * decay) : 0;
    rule->l1 = (float)l1;
}

float mlj_clip(double longest, double sum_of_squares) {
    const double factor = longest / (sqrt(sum_of_squares) + 1e-6);
    return factor > 1 ? 1 : (float)factor; /* NaN stays */
}
