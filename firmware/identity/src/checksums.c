#include "checksums.h"

void burner_checksum_begin(struct burner_checksum *sum, enum burner_checksum_algorithm algorithm)
{
    sum->algorithm = algorithm;
    switch (algorithm) {
    case BURNER_CRC32:
        sum->value = 0xFFFFFFFF;
        break;
    case BURNER_CRC16_CCITT:
    case BURNER_CRC16_MODBUS:
        sum->value = 0xFFFF;
        break;
    default:
        sum->value = 0; /* of crc32-idf too: its first all ones are inverted once more */
    }
}

/* One byte into a CRC that shifts right, lowest bit first. */
static uint32_t reflected(uint32_t crc, uint8_t byte, uint32_t polynomial)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++) {
        crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
    }
    return crc;
}

/* One byte into a CRC of `bits` bits that shifts left, highest bit first. */
static uint32_t forward(uint32_t crc, uint8_t byte, uint32_t polynomial, int bits)
{
    uint32_t top = (uint32_t)1 << (bits - 1);
    crc ^= (uint32_t)byte << (bits - 8);
    for (int bit = 0; bit < 8; bit++) {
        crc = crc << 1 ^ ((crc & top) != 0 ? polynomial : 0);
    }
    return crc & (top - 1 + top);
}

void burner_checksum_add(struct burner_checksum *sum, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        uint8_t byte = bytes[at];
        switch (sum->algorithm) {
        case BURNER_CRC32:
        case BURNER_CRC32_IDF:
            sum->value = reflected(sum->value, byte, 0xEDB88320);
            break;
        case BURNER_CRC16_CCITT:
        case BURNER_CRC16_XMODEM:
            sum->value = forward(sum->value, byte, 0x1021, 16);
            break;
        case BURNER_CRC16_MODBUS:
            sum->value = reflected(sum->value, byte, 0xA001);
            break;
        case BURNER_CRC8:
            sum->value = forward(sum->value, byte, 0x07, 8);
            break;
        case BURNER_SUM8:
        case BURNER_SUM16:
        case BURNER_SUM32:
            sum->value += byte;
            break;
        case BURNER_XOR8:
            sum->value ^= byte;
            break;
        }
    }
}

uint32_t burner_checksum_end(const struct burner_checksum *sum)
{
    switch (sum->algorithm) {
    case BURNER_CRC32:
    case BURNER_CRC32_IDF:
        return ~sum->value;
    case BURNER_SUM8:
        return sum->value & 0xFF;
    case BURNER_SUM16:
        return sum->value & 0xFFFF;
    default:
        return sum->value;
    }
}

uint32_t burner_crc32_idf(const uint8_t *bytes, size_t size)
{
    struct burner_checksum sum;
    burner_checksum_begin(&sum, BURNER_CRC32_IDF);
    burner_checksum_add(&sum, bytes, size);
    return burner_checksum_end(&sum);
}
