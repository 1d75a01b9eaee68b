#!/usr/bin/env python3
"""The generated market of Host/Runtime/SampleData, written a second time: prints the SHA-256 of its two files.

    python3 generated_market.py ../nyse/expected.csv
"""

import csv
import datetime
import hashlib
import math
import sys

MASK = (1 << 64) - 1
SYMBOLS = "AAPL AMD BAC BBY CVX GE HD JNJ JPM KO LLY MRK MSFT PEP PFE PG RRC UNH WMT XOM".split()
state = 20240102


def uniform():
    global state
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) >> 11) / 9007199254740992.0


def normal():
    total = -6.0
    for _ in range(12):
        total += uniform()
    return total


def cents(price):
    # Python rounds halves to even.
    value = max(1, round(price * 100))
    return f"{value // 100}.{value % 100:02}"


closed = {row["date"] for row in csv.DictReader(open(sys.argv[1])) if row["what"] == "closure"}
day, dates = datetime.date(2009, 1, 1), []
while day <= datetime.date(2022, 12, 31):
    if day.weekday() < 5 and day.isoformat() not in closed:
        dates.append(day.isoformat())
    day += datetime.timedelta(days=1)

names = []
for symbol in SYMBOLS:
    beta = 0.6 + 0.9 * uniform()
    own = 0.009 + 0.009 * uniform()
    names.append([beta, own, 20 + 180 * uniform()])

closes = {symbol: [] for symbol in SYMBOLS}
index = ["symbol,date,open,high,low,close,volume\n"]
level, turbulent = 1000.0, False
for date in dates:
    drift, volatility, ending, scale = (-0.0008, 0.02, 0.04, 1.5) if turbulent else (0.0006, 0.007, 0.008, 1.0)
    path = [drift + volatility * math.sqrt(0.25) * normal()]
    for _ in range(13):
        path.append(path[-1] + volatility * math.sqrt(0.75 / 13) * normal())
    volume = 3_000_000_000 * (1 + 25 * abs(path[-1])) * (0.8 + 0.4 * uniform())
    prices = [cents(level * (1 + x)) for x in (path[0], max(path), min(path), path[-1])]
    index.append(f"^GSPC,{date},{','.join(prices)},{int(volume / 1000) * 1000}\n")
    level *= 1 + path[-1]
    for symbol, name in zip(SYMBOLS, names):
        own = name[1] * scale * normal()
        name[2] *= 1 + max(name[0] * path[-1] + own, -0.5)
        closes[symbol].append(f"{symbol},{date},{cents(name[2])}\n")
    if uniform() < ending:
        turbulent = not turbulent

caps = "symbol,date,close\n" + "".join(line for symbol in SYMBOLS for line in closes[symbol])
for name, text in (("large_caps_daily_close.csv", caps), ("sp500_daily.csv", "".join(index))):
    print(hashlib.sha256(text.encode()).hexdigest(), name)
