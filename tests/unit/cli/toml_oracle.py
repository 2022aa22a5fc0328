"""Compares pawl's reader of TOML with Python's on files written here: what pawl accepts must be valid and mean the same.

Usage: toml_oracle.py DUMP_PROGRAM CORPUS_FOLDER
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import tomllib

PIECES = [
    "a", "b", "env", "env.a", "a.b", "a.b.c", "'q k'", '"q\\u00e9"', "a . b", "-1", "1", "1_0", "0", "+5", "-0", "00", "1__0", "_1",
    "1_", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5", "1e3", "0x1f", "inf", "nan",
    "2020-01-01", "07:30:00", "true", "false", "True", '"x"', '""', "''", "'y\\z'", '"\\n\\t\\"\\\\"', '"\\u0041"', '"\\U0001F600"',
    '"\\ud800"', '"\\x41"', '"\\e"', '"\\/"', '"open', "'open", '"""m"""', "'''m'''", "[", "]", "[[", "]]", "[a]", "[a.b]", "[env.a]",
    "[a.b.c]", "[ a ]", "[b]", "[]", "[ ]", '["x"]', '["x",]', '["x", "y"]', "[1]", '["x" "y"]', "[,]", '[\n "x", # c\n "y"\n]',
    "{}", "{a=1}", "=", " = ", "=", "=", ".", ",", "#", "# c", "\n", "\n", "\n", "\r\n", "\r", "\t", " ", "\0", "\x7f", "\x01", "é",
    "\ufeff", "\u2028", "a=1", "b=2", 'a.b="x"', "a.c=true", "b.c.d=3", "env.x.y='z'", "\n[a]\n", "\n[b]\n", "\n[a.b]\n", "\n[env.a]\n",
]
HAND = [
    "", "# only a comment", "a=1", "a = 1 # c", "a=1 b=2", "a", "a=", "=1", "a=1\na=2", "[a]\n[a]", "[a]\nb=1\n[a.b]", "[a.b]\n[a]\nc=1",
    "[a.b]\n[a]\nb.c=1", "a.b=1\n[a]", "a.b=1\n[a.c]\nd=1", "a.b.c=1\n[a.b]", "a.b.c=1\n[a.b.d]", "a.b=1\na.c=2\na.b=3", "a=1\na.b=2",
    "[a]\nx.y=1\n[a.x.z]\nw=1", "[a.b.c]\nx=1\n[a.b]\nc.y=1", "\"a\"=1\na=2", "'a.b'=1\na.b=2", "\"\"=1", "''=1\n\"\"=2", "a=\"\\u0000\"",
    "a='\t'", "a=\"\t\"", "a=\"x\ny\"", "a=1\r\nb=2\r\n", "a=1\rb=2", "#\r", "# \t ok", "a=[\r\n'x'\r\n,\r\n]", "a=['x'\n#c\n,'y']",
    "a=[\"x\"]]", "[a]]", "[a", "[a]x=1", "[a] # c", "[\"a\".'b'.c]\nd=1", "[ a . b ]\nc=1", "a.\tb\t=\t1", "1=1\n-=2\n_=3", "é=1",
    "a=tru", "a=truefalse", "a=true false", "a=+0\nb=-0", "a=0_0", "a=-1_000", "a=- 1", "a=1_000_000", "a='\ud7ff'", "a=''''''",
    "a=\"\"\"\"\"\"", "a=\"\\uD7FF\\uE000\\U0010FFFF\"", "a=\"\\U00110000\"", "a=\"\\u12\"", "a=[", "a=['x'", "a=['x',", "a='",
    "[env.production]\nurl='x'\nprotected=true\n[env.dev]\nurl='y'",
]


def plain(value):
    """The same shape as toml_dump's JSON."""
    if isinstance(value, dict):
        return {str(i): [key, plain(item)] for i, (key, item) in enumerate(value.items())}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def sample(rng):
    if rng.random() < 0.5:
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 14)))
    lines = []
    for _ in range(rng.randint(1, 8)):
        key = ".".join(rng.choice(["a", "b", "c", "'d'", '"e"']) for _ in range(rng.randint(1, 3)))
        if rng.random() < 0.3:
            lines.append("[" + key + "]")
        else:
            lines.append(key + " = " + rng.choice([p for p in PIECES if p and p[0] in "0123456789\"'[tf+-"]))
    return "\n".join(lines)


def read_all(dump, texts):
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, str(i)) for i in range(len(texts))]
        for path, text in zip(paths, texts):
            with open(path, "wb") as f:
                f.write(text)
        for i in range(0, len(paths), 1000):
            run = subprocess.run([dump] + paths[i:i + 1000], capture_output=True, check=True)
            lines += run.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(texts), (len(lines), len(texts))
    return lines


def omission(reason):
    """Is this one of the things that pawl says it does not read?"""
    return any(part in reason for part in ("read here", "read in an array", "needs quotes"))


def compare(text, line):
    try:
        want = plain(tomllib.loads(text.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None if line.startswith("error ") else f"accepted, but not valid ({error})"
    if line.startswith("error "):
        return None if omission(line) else "valid, but refused"
    return None if json.loads(line) == want else "another meaning"


def main():
    dump, corpus = sys.argv[1], sys.argv[2]
    rng = random.Random(20260101)
    texts = [text.encode() for text in HAND]
    texts += [sample(rng).encode() for _ in range(6000)]
    for name in sorted(os.listdir(corpus)):
        with open(os.path.join(corpus, name), "rb") as f:
            texts.append(f.read())
    texts += [b"a='\xff'", b"\xef\xbb\xbfa=1", b"#\x00", b"a='\xc0\x80'"]
    lines = read_all(dump, texts)
    failed = 0
    for text, line in zip(texts, lines):
        problem = compare(text, line)
        if problem:
            print(problem + ":", text, line)
            failed += 1
    accepted = sum(not line.startswith("error ") for line in lines)
    print(f"{len(texts)} texts, {accepted} accepted, {failed} failed")
    sys.exit(1 if failed or accepted < 500 else 0)


main()
