/* The products of the tests, each compiled from the header that burner wrote for it. */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "burner_identity.h"

struct product {
    const struct burner_name_rule *name_rule;
    /* Whether the header's own vectors come out, by the header's own rule. */
    bool (*vectors_hold)(void);
    /* From what was burned: a partition, a file, or the arrays one after another. */
    enum burner_status (*read)(const struct burner_flash *burned,
                               const struct burner_flash *encryption, struct burner_key *key);
};

extern const struct product *const products[];

#endif
