"""What it costs to get at the frames of stored videos: time over a bare decode, and memory.

The long video is a short one again and again, so that making it takes a copy and no encoder.
"""

import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import boto3
import numpy as np
from av.video.frame import VideoFrame
from moto.server import ThreadedMotoServer

from benchmarks.results import Row, at_most
from sightline.domain.video.kinds import Span
from sightline.video.frames import open_video

WIDTH, HEIGHT, RATE = 1920, 1080, 25
CLIP = 10  # s
HOURS, SHORT_HOURS = 2.0, 0.5
ROUNDS = 5
EVERY = 500  # ms; what is sampled by default
PIECE, MEASURED = 60_000, 4_000  # ms
BUCKET, KEY = "films", "long.mp4"
# A fresh process that reads one piece after the other, as a warm function would.
PROGRAM = """
import sys
from sightline.domain.video.kinds import Span
from sightline.store.videos import open_object
from sightline.video.frames import open_video

bucket, key, piece, measured, every = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
start = 0
while True:
    with open_object(bucket, key, None) as file, open_video(file) as video:
        for _ in video.frames(Span(start, start + measured), every):
            pass
        for _ in video.pictures(Span(start, start + measured)):
            pass
        duration = video.info.duration
    start += piece
    if start >= duration:
        break
# Not getrusage, whose peak goes on from the process that started this one.
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024)
"""


def rows(short: bool) -> list[Row]:
    """The section's figures."""
    hours = SHORT_HOURS if short else HOURS
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder, "clip.mp4")
        clip.write_bytes(made())
        every_frame, sampled = ratios(clip)
        film = Path(folder, KEY)
        repeat(clip, film, round(hours * 3600 / CLIP))
        size = film.stat().st_size / 1e6
        memory = peak(film, PIECE if not short else 5 * PIECE)
    return [
        at_most("every frame of a 1080p video: time ÷ a bare PyAV decode", 1.1, every_frame, "×"),
        at_most("two frames a second of it, in RGB: time ÷ a bare PyAV decode", 1, sampled, "×"),
        at_most(
            f"memory to read {hours:g} h of 1080p ({size:.0f} MB) from S3 piece by piece, peak",
            1500,
            memory,
            " MB",
            0,
        ),
    ]


def made() -> bytes:
    """The short video: a picture with detail that drifts over noise."""
    rng = np.random.default_rng(0)
    page = rng.integers(60, 180, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    page = page.repeat(8, 0).repeat(8, 1)
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", RATE, options={"preset": "veryfast", "crf": "38"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = 2 * RATE
        for number in range(CLIP * RATE):
            moved = np.roll(page, (number, 3 * number), (0, 1))
            container.mux(stream.encode(VideoFrame.from_ndarray(moved)))
        container.mux(stream.encode(None))
    return file.getvalue()


def repeat(clip: Path, film: Path, times: int) -> None:
    """The same packets, one time after the other."""
    with av.open(str(clip), "r") as source, av.open(str(film), "w") as container:
        stream = source.streams.video[0]
        packets = [
            (bytes(each), each.pts or 0, each.dts, each.is_keyframe)
            for each in source.demux(stream)
            if each.dts is not None
        ]
        base = stream.time_base or Fraction(1)
        copy = container.add_stream_from_template(stream)
        length = (stream.duration or 0) * len(packets) // stream.frames
        for turn in range(times):
            for data, pts, dts, key in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base, packet.is_keyframe = copy, base, key
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                container.mux(packet)


def ratios(clip: Path) -> tuple[float, float]:
    """Times of `pictures` and of `frames` over a bare decode of the same frames, in turn, so that
    what else the machine does falls on all.
    """
    found = [[timed(each, clip) for each in (bare, every_frame, sampled)] for _ in range(ROUNDS)]
    own, whole, some = (statistics.median(column) for column in zip(*found, strict=True))
    return whole / own, some / own


def bare(clip: Path) -> None:
    with av.open(str(clip), "r") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for _ in container.decode(stream):
            pass


def every_frame(clip: Path) -> None:
    with clip.open("rb") as file, open_video(file) as video:
        for _ in video.pictures(Span(0, video.info.duration)):
            pass


def sampled(clip: Path) -> None:
    with clip.open("rb") as file, open_video(file) as video:
        for _ in video.frames(Span(0, video.info.duration), EVERY):
            pass


def timed(action: Callable[[Path], None], clip: Path) -> float:
    """Seconds."""
    started = time.perf_counter()
    action(clip)
    return time.perf_counter() - started


def peak(film: Path, piece: int) -> float:
    """MB of the largest size in memory of a process that reads a film from S3, a part of each
    piece.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }
        s3 = boto3.client(
            "s3",
            "us-east-1",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106
        )
        s3.create_bucket(Bucket=BUCKET)
        s3.upload_file(str(film), BUCKET, KEY)
        arguments = [BUCKET, KEY, *map(str, (piece, MEASURED, EVERY))]
        answer = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
    finally:
        server.stop()
    return float(answer.stdout)
