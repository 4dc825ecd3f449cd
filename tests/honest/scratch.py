"""Cells of their own: what students try out beside the exercises, cell by cell, from somewhere to the very end."""

from tests.honest.desk import Change

_CELLS: dict[str, tuple[str, ...]] = {
    "raises": ("1 / 0", "raise RuntimeError('I do not understand this')"),
    "syntax-error": ("def unfinished(:", "print 'hello'", "if True:"),
    "undefined-name": ("print(what_was_it_called)",),
    "asserts-itself": ("assert 1 + 1 == 3, 'just trying'",),
    "system-exit": ("import sys\nsys.exit()", "raise SystemExit(0)"),
    "exits": ("exit()", "quit()"),
    "keyboard-interrupt": ("raise KeyboardInterrupt",),
    "asks-for-input": ("name = input('Your name? ')",),
    "stderr": ("import sys\nprint('ärgerlich', file=sys.stderr)\nsys.stderr.write('x' * 200)",),
    "warnings": (
        "import warnings\nwarnings.warn('deprecated, probably')\nwarnings.simplefilter('always')",
        "import warnings\nwarnings.filterwarnings('ignore')",
    ),
    "logging": (
        "import logging\nlogging.basicConfig(level=logging.DEBUG)\nlogging.debug('here')",
        "tf.logging.set_verbosity(tf.logging.DEBUG)\ntf.logging.info('a graph')",
    ),
    "imports-again": (
        "import numpy as np\nimport tensorflow.compat.v1 as tf\ntf.disable_v2_behavior()",
        "from autograder import probe\nfrom sharing_variables import show_sharing\nimport tensorflow.compat.v1 as tf",
    ),
    "other-names-for-tensorflow": ("import tensorflow\nimport tensorflow as tf2\nprint(tf2.__version__)\ntf1 = tf",),
    "tensorflow-2-at-the-end": ("import tensorflow as tf\nprint(tf.__version__, tf.constant(1) + 1)",),
    "missing-packages": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
        "try:\n    import seaborn\nexcept ImportError:\n    seaborn = None",
        "from google.colab import drive\ndrive.mount('/content/drive')",
    ),
    "line-magics": ("%matplotlib inline", "%time sum(range(1000))", "%who\n%whos\n%pwd", "%lsmagic", "%env"),
    "cell-magics": (
        "%%time\ntotal = sum(range(1000))",
        "%%bash\necho hello",
        "%%html\n<b>bold</b>",
        "%%capture said\nprint('quiet')",
        "%%javascript\n1 + 1",
    ),
    "timeit": ("%timeit -n 2 -r 2 tf.Graph()",),
    "shell": ("!ls -la", "files = !ls\nprint(len(files))", "!pip --version", "!echo $HOME"),
    "help": ("tf.Variable?", "tf.get_variable??", "help(tf.get_variable)", "?tf.Graph"),
    "writes-a-module": (
        "%%writefile my_helpers.py\ndef twice(x):\n    return 2 * x",
        "from my_helpers import twice\nassert twice(2) == 4\nprint(twice(21))",
    ),
    "every-expression": (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.ast_node_interactivity = 'all'\n1\n2",
        "%config InteractiveShell.ast_node_interactivity = 'last_expr_or_assign'",
    ),
    "few-digits": ("%precision 2", "np.set_printoptions(precision=2, suppress=True)\n[1 / 3]"),
    "no-pretty-printing": ("%pprint", "%xmode Verbose"),
    "own-formatter": (
        "def as_bullets(values, printer, cycle):\n    printer.text('\\n'.join(f'* {v}' for v in values))\n"
        "get_ipython().display_formatter.formatters['text/plain'].for_type(list, as_bullets)\n[1, 2]",
    ),
    "debugger-on": ("%pdb on", "1 / 0"),
    "autoreload": ("%load_ext autoreload\n%autoreload 2", "print('reloaded')"),
    "short-tracebacks": ("import sys\nsys.tracebacklimit = 0", "1 / 0"),
    "default-graph": (
        "x = tf.placeholder(tf.float32, (None,), name='x')\nW = tf.get_variable('W', [1])\ny = x * W",
        "tf.reset_default_graph()\nW = tf.Variable(1.0, name='W')\nb = tf.Variable(1.0, name='b')",
        "W = tf.Variable(2.0, name='W')\nprint([v.name for v in tf.global_variables()])",
    ),
    "default-graph-fails": ("tf.get_variable('W', [1])", "tf.get_variable('W', [1])"),
    "graph-left-open": ("mine = tf.Graph().as_default()\nmine.__enter__()", "tf.Variable(0.0, name='W')"),
    "session-left-open": (
        "sess = tf.Session()\nprint(sess.run(tf.constant(1.0)))",
        "session = tf.InteractiveSession()\nprint(tf.constant(2.0).eval())",
    ),
    "own-training": (
        "with tf.Graph().as_default(), tf.Session() as sess:\n"
        "    w = tf.get_variable('w', [2])\n    loss = tf.reduce_sum(tf.square(w))\n"
        "    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)\n"
        "    sess.run(tf.global_variables_initializer())\n"
        "    for number in range(50):\n        print(number, sess.run([loss, step])[0], end='\\r')",
    ),
    "saves-files": (
        "with tf.Graph().as_default() as graph, tf.Session() as sess:\n    w = tf.get_variable('w', [2])\n"
        "    sess.run(tf.global_variables_initializer())\n    tf.train.Saver().save(sess, './model.ckpt')\n"
        "    tf.summary.FileWriter('logs', graph).close()",
        "import os\nos.makedirs('data', exist_ok=True)\nnp.save('data/x.npy', np.zeros(3))\nnp.load('data/x.npy')",
        "with open('notes.txt', 'w') as file:\n    file.write('Größe ☃')\nprint(open('notes.txt').read())",
    ),
    "own-pictures": (
        "with tf.Graph().as_default():\n    u = tf.Variable(0.0, name='u')\n    show_sharing(u=u)",
        "with tf.Graph().as_default():\n    a, b = tf.get_variable('a', [1]), tf.Variable(0.0, name='b')\n"
        "    show_sharing('r1 | r2', r1=a + 1.0, r2=b + 1.0)",
    ),
    "draws-wrongly": (
        "show_sharing(r1=None)",
        "show_sharing('r1 r2')",
        "with tf.Graph().as_default():\n    show_sharing()",
    ),
    "displays": (
        "from IPython.display import HTML, Markdown, clear_output\ndisplay(HTML('<b>x</b>'), Markdown('**x**'))",
        "from PIL import Image\ndisplay(Image.new('RGB', (8, 8), 'red'))",
        "handle = display('one', display_id=True)\nhandle.update('two')\nclear_output()",
    ),
    "widgets": (
        "import ipywidgets\nipywidgets.IntSlider()",
        "out = ipywidgets.Output()\nwith out:\n    print('inside')\nout",
    ),
    "seeds": (
        "np.random.seed(0)\nimport random\nrandom.seed(0)\ntf.set_random_seed(0)",
        "import random\nrandom.seed(1)",
    ),
    "sleeps": ("import time\ntime.sleep(0.2)",),
    "threads": (
        "import threading\nfor n in range(3):\n    threading.Thread(target=print, args=(n,)).start()",
        "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n"
        "    print(list(pool.map(abs, range(-5, 0))))",
    ),
    "awaits": ("import asyncio\nawait asyncio.sleep(0.01)\nprint('awake')",),
    "deletes-names": ("x = 1\ndel x", "del probe, show_sharing, tf, np"),
    "reset-at-the-end": ("%reset -f",),
    "builtins-at-the-end": ("list = [1, 2]\nstr = 'a'\nsum = max = len = 0\ndisplay = print",),
    "common-names": (
        "x = y = W = b = v = names = scope = data = results = 0",
        "shown, name, first, second, values, pair, step, loss, expected = range(9)",
    ),
    "resource-variables-at-the-end": ("tf.enable_resource_variables()", "tf.enable_tensor_equality()"),
    "eager-at-the-end": ("tf.enable_v2_behavior()", "tf.enable_eager_execution()"),
    "network": (
        "import urllib.request\nurllib.request.urlopen('http://localhost:1/data.csv')",
        "import socket\nprint(socket.gethostname())",
    ),
    "where-am-i": (
        "import getpass, os, platform, sys\nprint(sys.version, platform.platform(), os.getcwd(), os.cpu_count())",
        "print(getpass.getuser())",
        "print(os.listdir('.'), os.path.expanduser('~'))\nos.chdir('..')",
    ),
    "command-line": ("import argparse\nargparse.ArgumentParser().parse_args()", "tf.app.run(lambda argv: 0)"),
    "prints-much": ("for n in range(3000):\n    print('step', n, 'of 3000')", "for n in range(200): display(n)"),
    "quiet-standard-output": ("import io, sys\nsys.stdout = io.StringIO()\nprint('nobody sees this')",),
    "main-guard": ("if __name__ == '__main__':\n    print('main')",),
    "counts-calls": ("runs = globals().get('runs', 0) + 1\nprint(In[-1][:10], _, runs)",),
    "last-word": ("print('Fertig! 🎉 完了 тест ✓')", "# Ende"),
    "comments-only": ("# TODO: ask in the tutorial", "#", "\n\n# ------\n\n"),
    "empty-cells": ("", "   ", "\n\n", "\t"),
    "odd-strings": ("path = 'C:\\data\\new'\nprint('\\d', 1 is 1)", "'''\nan old version:\ndef f(): pass\n'''"),
    "merge-conflict": ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> main",),
    "interrupted-classes": ("class Layer:\n    pass\n\nclass Counter(Layer):\n    count = 0\n\nCounter().count",),
    "typing": ("from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: int = 0\n\nPoint(1)",),
    "modern-python": (
        "match [1, 2]:\n    case [a, *rest]:\n        print(a, rest)",
        "if (n := len('abc')) > 2:\n    print(f'{n=}', [k for k in range(n)], {k: k for k in 'ab'})",
    ),
}
"""By style: every cell is one that may fail, and none must matter."""

_ON_TOP: dict[str, tuple[str, ...]] = {
    "debug-log": ("import logging\nlogging.basicConfig(level=logging.DEBUG, force=True)",),
    "figures-after-cells": (
        # What matplotlib does where it is installed and draws in the notebook.
        "from PIL import Image\nfigure = Image.new('RGB', (8, 8))\n"
        "get_ipython().events.register('post_execute', lambda: display(figure))",
    ),
    "odd-environment": ("import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '0'\nos.environ['LANG'] = 'de_DE'",),
    "settings": (
        "%precision 2",
        "%pprint",
        "%xmode Minimal",
        "%config InteractiveShell.ast_node_interactivity = 'all'",
    ),
    "interactive-session": ("sess = tf.InteractiveSession()\nx = tf.constant(1.0)\nx.eval()",),
    "used-default-graph": (
        "W = tf.Variable(1.0, name='W')\nb = tf.get_variable('b', [1])\nv = tf.get_variable('v', [1])",
    ),
    "prints-nothing": ("import builtins, functools\nprint = functools.partial(builtins.print, flush=True)",),
}
"""The same, but directly below the imports, where it is there for all tests."""


def _first_of_all(*sources: str) -> Change:
    return lambda desk: desk.add_above(desk.cells[0], *sources)


def _scattered(sources: tuple[str, ...]) -> Change:
    return lambda desk: desk.scatter(*sources)


def _on_top(sources: tuple[str, ...]) -> Change:
    return lambda desk: desk.add_on_top(*sources)


SCRATCH: dict[str, Change] = {
    **{name: _scattered(sources) for name, sources in _CELLS.items()},
    **{f"{name}-on-top": _on_top(sources) for name, sources in _ON_TOP.items()},
    "reset-first-of-all": _first_of_all("%reset -f\nprint('clean')"),
    "imports-first-of-all": _first_of_all("import tensorflow as tf\nimport numpy as np", "import os, sys"),
}
"""Styles that add cells."""
