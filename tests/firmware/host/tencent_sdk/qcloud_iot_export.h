/* What the library needs of the SDK's own header. */
#ifndef QCLOUD_IOT_EXPORT_H
#define QCLOUD_IOT_EXPORT_H

#define DEV_DYN_REG_ENABLED
#define MAX_SIZE_OF_REGION (20)

typedef struct {
    char product_id[10 + 1];
    char device_name[48 + 1];
    char client_id[64];
    char device_secret[64 + 1];
    char product_secret[32 + 1];
    char region[MAX_SIZE_OF_REGION + 1];
} DeviceInfo;

#endif
