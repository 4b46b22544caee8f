/* What the library needs of SDK 4's own header. */
#ifndef QCLOUD_IOT_PLATFORM_H
#define QCLOUD_IOT_PLATFORM_H

#include "qcloud_iot_export.h"

int HAL_GetDevInfo(DeviceInfo *device_info);
int HAL_SetDevInfo(DeviceInfo *device_info);

#endif
