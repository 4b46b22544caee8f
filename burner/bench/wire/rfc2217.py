"""The server's side of RFC 2217 (telnet com port control), as far as serial clients use it."""

from burner.bench.wire.client_protocols import Send
from burner.bench.wire.line import SimLine

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
BINARY, SUPPRESS_GO_AHEAD, COM_PORT = 0, 3, 44
OPTIONS = frozenset((BINARY, SUPPRESS_GO_AHEAD, COM_PORT))

SIGNATURE, SET_BAUDRATE, SET_DATASIZE, SET_PARITY, SET_STOPSIZE, SET_CONTROL = range(6)
NOTIFY_MODEMSTATE, SET_LINESTATE_MASK, SET_MODEMSTATE_MASK, PURGE_DATA = 7, 10, 11, 12
ANSWER = 100
"""An answer's command is the request's plus this."""

DTR_ON, DTR_OFF, RTS_ON, RTS_OFF = 8, 9, 11, 12
NO_FLOW_CONTROL, BREAK_OFF, NO_FLOW_CONTROL_IN = 1, 6, 14
CTS_AND_DSR = 0x30
_USUAL = {SET_DATASIZE: 8, SET_PARITY: 1, SET_STOPSIZE: 1}
"""What a query (value 0) is answered with: 8 data bits, no parity, one stop bit."""
MAX_SUBNEGOTIATION = 256


class Rfc2217:
    """One client that speaks RFC 2217, pyserial's `rfc2217://` for example."""

    def __init__(self, line: SimLine, send: Send) -> None:
        self._line = line
        self._send = send
        self._rest = b""
        self._dtr = False
        self._rts = False
        self._agreed: set[tuple[int, int]] = set()
        for verb in (WILL, DO):
            self._offer(verb, BINARY)
        line.drop()

    def feed(self, data: bytes) -> None:
        """Telnet bytes; what is neither command nor option goes to the line."""
        data = self._rest + data
        at = 0
        plain: list[bytes] = []
        while at < len(data):
            mark = data.find(IAC, at)
            if mark < 0:
                plain.append(data[at:])
                at = len(data)
                break
            plain.append(data[at:mark])
            at = mark
            end = _command_end(data, mark)
            if end is None:
                break
            if data[mark + 1] == IAC:
                plain.append(b"\xff")
            else:
                self._write(plain)
                self._command(data[mark:end])
            at = end
        self._rest = data[at:]
        self._write(plain)

    def _write(self, plain: list[bytes]) -> None:
        data = b"".join(plain)
        plain.clear()
        if data:
            self._line.write(data)

    def give(self, data: bytes) -> None:
        """Bytes from the endpoint, escaped."""
        self._send(data.replace(b"\xff", b"\xff\xff"))

    def settle(self) -> None:
        """Telnet has TCP's own flow control."""

    def _command(self, command: bytes) -> None:
        if command[1] == SB:
            self._subnegotiate(command[2:-2].replace(b"\xff\xff", b"\xff"))
        elif len(command) == 3:
            self._negotiate(command[1], command[2])

    def _negotiate(self, verb: int, option: int) -> None:
        """Agree to supported options, refuse others; answer changes only (RFC 854)."""
        answer, refusal = (DO, DONT) if verb in (WILL, WONT) else (WILL, WONT)
        if verb in (WONT, DONT):
            self._agreed.discard((answer, option))
        elif option in OPTIONS:
            self._offer(answer, option)
        else:
            self._send(bytes((IAC, refusal, option)))

    def _offer(self, verb: int, option: int) -> None:
        if (verb, option) not in self._agreed:
            self._agreed.add((verb, option))
            self._send(bytes((IAC, verb, option)))

    def _subnegotiate(self, body: bytes) -> None:
        if len(body) < 2 or body[0] != COM_PORT:
            return
        command, value = body[1], body[2:]
        answer = self._execute(command, value)
        if answer is not None:
            escaped = answer.replace(b"\xff", b"\xff\xff")
            head = bytes((IAC, SB, COM_PORT, command + ANSWER))
            self._send(head + escaped + bytes((IAC, SE)))

    def _execute(self, command: int, value: bytes) -> bytes | None:
        if command == SIGNATURE:
            return b"burner bench"
        if command == SET_BAUDRATE and len(value) == 4:
            return self._baud(int.from_bytes(value, "big"))
        if command == SET_CONTROL and value:
            return bytes((self._control(value[0]),))
        if command == PURGE_DATA and value:
            if value[0] & 2:
                self._line.drop()
            return value[:1]
        if command == NOTIFY_MODEMSTATE:
            return bytes((CTS_AND_DSR,))
        if command in (SET_LINESTATE_MASK, SET_MODEMSTATE_MASK):
            return value[:1]
        if command in _USUAL and value:
            return bytes((value[0] or _USUAL[command],))
        return None

    def _baud(self, baud: int) -> bytes:
        if baud:
            self._line.set_baud(baud)
        return (baud or self._line.baud).to_bytes(4, "big")

    def _control(self, value: int) -> int:
        """Set a control line, or answer a query about one."""
        if value in (DTR_ON, DTR_OFF):
            self._dtr = value == DTR_ON
        elif value in (RTS_ON, RTS_OFF):
            self._rts = value == RTS_ON
        else:
            queries = {
                0: NO_FLOW_CONTROL,
                4: BREAK_OFF,
                7: DTR_ON if self._dtr else DTR_OFF,
                10: RTS_ON if self._rts else RTS_OFF,
                13: NO_FLOW_CONTROL_IN,
            }
            return queries.get(value, value)
        self._line.set_lines(self._dtr, self._rts)
        return value


def _command_end(data: bytes, mark: int) -> int | None:
    """Where the telnet command that starts at `mark` ends; None while it is not all there.

    Raises:
        ValueError: for a subnegotiation longer than any that this protocol has.
    """
    if mark + 2 > len(data):
        return None
    if data[mark + 1] == SB:
        end = mark + 2
        while (end := data.find(IAC, end)) >= 0 and end + 1 < len(data):
            if data[end + 1] == SE:
                return end + 2
            end += 2
        if len(data) - mark > MAX_SUBNEGOTIATION:
            raise ValueError("a subnegotiation without an end")
        return None
    length = 3 if WILL <= data[mark + 1] <= DONT else 2
    return mark + length if mark + length <= len(data) else None
