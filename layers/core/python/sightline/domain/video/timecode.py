"""SMPTE timecodes (ST 12-1): hours, minutes, seconds and frames as editors count them."""

from fractions import Fraction

# At these rates a timecode leaves out labels, so that it keeps up with the clock.
DROPPED = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
CLOSE = Fraction(1, 200)  # frames per second; files give rates as averages


def exact(rate: float) -> Fraction:
    """The rate of a standard that a file's average stands for, or else the average.

    Args:
        rate: frames per second, over 0.
    """
    nominal = round(rate)
    for each in (Fraction(nominal), Fraction(nominal * 1000, 1001)):
        if abs(Fraction(rate) - each) < CLOSE and nominal:
            return each
    if rate < 1:  # a frame lasts for seconds; it is those that are a short fraction
        return 1 / Fraction(1 / rate).limit_denominator(1001)
    return Fraction(rate).limit_denominator(1001)


def is_standard(rate: Fraction) -> bool:
    """Whether frames of this rate can be counted: it is a whole number, or 1000/1001 of one."""
    nominal = round(rate)
    return nominal > 0 and rate in (nominal, Fraction(nominal * 1000, 1001))


def timecode(frame: int, rate: Fraction) -> str:
    """`HH:MM:SS:FF` of a frame, counted from 0; `HH:MM:SS;FF` where labels are dropped.

    Of 29.97 frames per second, labels 00 and 01 of every minute but each tenth do not exist; of
    59.94, 00 to 03. The video begins at 00:00:00:00.
    """
    nominal = max(1, round(rate))
    dropped = DROPPED.get(rate, 0)
    if dropped:
        minute = 60 * nominal - dropped
        ten_minutes = 600 * nominal - 9 * dropped
        tens, rest = divmod(frame, ten_minutes)
        frame += 9 * dropped * tens
        if rest >= 60 * nominal:
            frame += dropped * ((rest - 60 * nominal) // minute + 1)
    seconds, frames = divmod(frame, nominal)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    mark = ";" if dropped else ":"
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{frames:02}"
