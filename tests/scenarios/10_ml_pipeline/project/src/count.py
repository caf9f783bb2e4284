import argparse
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--words", type=Path)
parser.add_argument("--counted", type=Path)
parser.add_argument("--times", type=int)
parser.add_argument("--shout")
options = parser.parse_args()
total = len(options.words.read_text().split()) * options.times
(options.counted / "total.txt").write_text(str(total))
print("counted", total, options.shout)
