"""Writes a good bundle of many entries.

python3 -m second_verifier.large COUNT FILE
"""

import sys
from pathlib import Path

from .forge import Log, Signer, erased, written

NAMES = ("Ada", "Grete Müller", "Ключ", "\U0001f980 \u2028", 'a "quoted" \\ name\n')


def log_of(count):
    """So many entries under three keys, sealed forty times; every seventh is erased."""
    log = Log()
    for number in range(count):
        content = f'{{"loginName":"user {number}","firstName":"{number % 7}"}}'
        log.add(current=content, user=NAMES[number % len(NAMES)], id=number * 3 + 1)
        if number % 7 == 3:
            log.entries[-1] = erased(log.entries[-1])
        if number % (count // 40) == 5:
            log.seal()
        if number in (count // 3, count // 2):
            log.hand_over(Signer(number))
    return log.seal()


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(written(log_of(int(sys.argv[1])).values()))
