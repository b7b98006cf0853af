import importlib.util
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from embeddings.cached import CachedEmbedder
from embeddings.embedder import EmbedderUnavailable, Matrix, Role
from embeddings.fakes import FakeEmbedder
