/* The library above a platform that is not there: Tencent's SDK, ESP-IDF. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "frames.h"

/* ProductID, secret, name, name of the unit, stored secret; then the operation's own field. */
void run_hal(struct frame *in);

/* What stands in NVS: partition, namespace, product_id, product_secret, device_name. */
void run_esp_idf(struct frame *in);

#endif
