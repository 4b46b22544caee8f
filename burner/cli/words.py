"""The few words of the board that are not errors, in both languages, and a shape for each state.

Colour is never alone: every state has its own word and its own shape.
"""

from burner.errors import Language
from burner.model import Step
from burner.station import SlotState

S = SlotState

STATES_ZH = {
    S.STARTING: "启动中",
    S.EMPTY: "空",
    S.SEEN: "已放入",
    S.SCAN: "请扫码",
    S.BURNING: "烧录中",
    S.PASS: "合格",
    S.KNOWN: "已烧录过",
    S.FAIL: "不良",
    S.ERROR: "工位故障",
    S.ABORTED: "已中止",
    S.CLOSED: "结束",
}
SHAPES = {
    S.STARTING: "…",
    S.EMPTY: "○",
    S.SEEN: "◌",
    S.SCAN: "?",
    S.BURNING: "▶",
    S.PASS: "✔",
    S.KNOWN: "✔",
    S.FAIL: "✘",
    S.ERROR: "!",
    S.ABORTED: "■",
    S.CLOSED: "–",
}
SHAPES_ASCII = {
    S.STARTING: ".",
    S.EMPTY: "o",
    S.SEEN: "@",
    S.SCAN: "?",
    S.BURNING: ">",
    S.PASS: "+",
    S.KNOWN: "+",
    S.FAIL: "X",
    S.ERROR: "!",
    S.ABORTED: "#",
    S.CLOSED: "-",
}
STYLES = {
    S.STARTING: "dim",
    S.EMPTY: "dim",
    S.SEEN: "bold white on blue",
    S.SCAN: "bold black on bright_white",
    S.BURNING: "bold white on blue",
    S.PASS: "bold black on green",
    S.KNOWN: "bold black on green",
    S.FAIL: "bold white on red",
    S.ERROR: "bold black on yellow",
    S.ABORTED: "bold white on bright_black",
    S.CLOSED: "dim",
}
STEPS_ZH = {
    Step.IDENTIFY: "识别",
    Step.NAME: "命名",
    Step.CLAIM: "登记",
    Step.PAYLOAD: "准备",
    Step.WRITE: "写入",
    Step.VERIFY: "校验",
    Step.RESET: "重启",
    Step.PROVE: "确认",
    Step.RECORD: "记录",
}
PHRASES_ZH = {
    "batch": "批次",
    "operator": "操作员",
    "station": "工作站",
    "slot": "工位",
    "slots": "工位",
    "again": "工位 {}：{} 之后自动重试（第 {} 次）",
    "at baud": "，{} 波特",
    "first pass": "直通率",
    "an hour": "台/小时",
    "left": "剩余",
    "falls behind": "落后工位",
    "slow": "慢",
    "yield": "良率低",
    "silent": "无应答",
    "total": "合计",
    "try": "第{}次",
    "already": "已于 {} 在工位 {} 合格，未再写入",
    "finishing": "不再接收新板，正在完成已开始的。再按一次 Ctrl-C 立即停止。",
    "stopping": "正在立即停止，进行中的设备记为中止。",
    "complete": "本批次已完成。",
    "chosen": "批次 {}，操作员 {}",
    "unwritten": "Flash 内容已一致，未写入",
}
PHRASES_EN = {
    "try": "try {}",
    "again": "slot {}: after {} the station tries again (try {})",
    "at baud": " at {} baud",
    "already": "already PASS at {} in slot {}",
    "finishing": "No new boards; those at work finish. Ctrl-C again stops now.",
    "stopping": "Stopping now; units at work are recorded as ABORTED.",
    "complete": "The batch is complete.",
    "chosen": "batch {}, operator {}",
    "unwritten": "flash held it already; not written",
}


def state_word(state: SlotState, language: Language) -> str:
    """The word of a state; PASS and FAIL stay beside the Chinese: every factory knows them."""
    if language == "en":
        return state.value
    also = f" {state.value}" if state in (S.PASS, S.FAIL) else ""
    return STATES_ZH[state] + also


def step_word(step: Step, language: Language) -> str:
    """The word of a step."""
    return STEPS_ZH[step] if language == "zh" else step.value


def phrase(text: str, language: Language) -> str:
    """A word of the board; English is its own key."""
    return (PHRASES_ZH if language == "zh" else PHRASES_EN).get(text, text)


def shape(state: SlotState, unicode: bool) -> str:
    """One character that means a state, also without colour."""
    return (SHAPES if unicode else SHAPES_ASCII)[state]
