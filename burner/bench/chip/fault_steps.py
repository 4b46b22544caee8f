"""The commands that begin a step of a fault: the first command of a kind begins the step."""

from burner.bench.download_mode.commands import Op
from burner.bench.unit.unit_spec import FaultStep

STEPS: dict[int, FaultStep] = {
    Op.SYNC: FaultStep.SYNC,
    Op.MEM_BEGIN: FaultStep.STUB,
    Op.CHANGE_BAUDRATE: FaultStep.BAUD,
    Op.FLASH_BEGIN: FaultStep.ERASE,
    Op.FLASH_DEFL_BEGIN: FaultStep.ERASE,
    Op.ERASE_FLASH: FaultStep.ERASE,
    Op.ERASE_REGION: FaultStep.ERASE,
    Op.FLASH_DATA: FaultStep.WRITE,
    Op.FLASH_DEFL_DATA: FaultStep.WRITE,
    Op.SPI_FLASH_MD5: FaultStep.MD5,
    Op.READ_FLASH: FaultStep.READ,
    Op.READ_FLASH_SLOW: FaultStep.READ,
}
