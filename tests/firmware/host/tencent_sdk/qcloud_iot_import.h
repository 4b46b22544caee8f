/* The HAL as Tencent's SDKs declare it. */
#ifndef QCLOUD_IOT_IMPORT_H
#define QCLOUD_IOT_IMPORT_H

#include <stdint.h>

int HAL_GetDevInfo(void *pdevInfo);
int HAL_SetDevInfo(void *pdevInfo);

int HAL_GetProductID(char *pProductId, uint8_t maxlen);
int HAL_GetProductKey(char *pProductKey, uint8_t maxlen);
int HAL_GetDevName(char *pDevName, uint8_t maxlen);
int HAL_GetDevSec(char *pDevSec, uint8_t maxlen);
int HAL_SetProductID(const char *pProductId);
int HAL_SetProductKey(const char *pProductKey);
int HAL_SetDevName(const char *pDevName);
int HAL_SetDevSec(const char *pDevSec);

#endif
