/* The constants of an optimizer at one step. */
#include <math.h>

#include "mlj.h"

mlj_rule mlj_rule_sgd(double rate, double momentum, int32_t nesterov, double decay) {
    return (mlj_rule){MLJ_SGD, nesterov, .step = (float)rate, .decay = (float)decay, .keep1 = (float)momentum};
}

mlj_rule mlj_rule_rmsprop(double rate, double rho, double epsilon, double decay) {
    return (mlj_rule){.kind = MLJ_RMSPROP,
                      .step = (float)rate,
                      .decay = (float)decay,
                      .keep2 = (float)rho,
                      .take2 = (float)(1 - rho),
                      .epsilon = (float)epsilon};
}

mlj_rule mlj_rule_adam(double rate, double beta1, double beta2, double epsilon, double correction1, double correction2,
                       double decay) {
    return (mlj_rule){.kind = MLJ_ADAM,
                      .step = (float)((float)rate / (double)(float)correction1),
                      .decay = (float)decay,
                      .keep1 = (float)beta1,
                      .take1 = (float)(1 - beta1),
                      .keep2 = (float)beta2,
                      .take2 = (float)(1 - beta2),
                      .shrink = (float)(1 / sqrt((float)correction2)),
                      .epsilon = (float)epsilon};
}
