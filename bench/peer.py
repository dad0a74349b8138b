"""scikit-learn's spectral clustering, set up as the papers did: the peer of bench/*.ts.

Reads one JSON request a line: {"graph": path of an .npz with sizes, and row/column/value of the edges, "k", "restarts",
"seeds": [...], "shuffle": optional} and answers with one JSON line: {"seconds": [...], "ncuts": [...]}, one entry a
seed. With "shuffle", all entries of each block between two layers are permuted first, and that is timed too.
"""
import json
import sys
import time
import warnings

import numpy as np
import scipy.sparse as sp
from sklearn.cluster import SpectralClustering

warnings.filterwarnings("ignore")


def ncut(adjacency, labels):
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    edges = adjacency.tocoo()
    total = 0.0
    for module in np.unique(labels):
        inside = edges.data[(labels[edges.row] == module) & (labels[edges.col] == module)].sum()
        volume = degree[labels == module].sum()
        total += (volume - inside) / volume
    return total


def blocks_of(path):
    """The chain's weight matrices, rows the later layer."""
    with np.load(path) as file:
        sizes = file["sizes"]
        n = int(sizes.sum())
        edges = sp.coo_matrix((file["value"].astype(np.float64), (file["row"], file["column"])), shape=(n, n)).tocsr()
    ends = np.cumsum(sizes)
    starts = ends - sizes
    return [edges[starts[i + 1] : ends[i + 1], starts[i] : ends[i]].toarray() for i in range(len(sizes) - 1)]


def adjacency_of(blocks):
    layers = len(blocks) + 1
    grid = [[None] * layers for _ in range(layers)]
    for i, block in enumerate(blocks):
        grid[i + 1][i] = sp.csr_matrix(block)
        grid[i][i + 1] = sp.csr_matrix(block.T)
    full = sp.bmat(grid, format="csr")
    live = full.getnnz(axis=1) > 0
    return full if live.all() else full[live][:, live]


def permuted(block, random):
    return random.permutation(block.ravel()).reshape(block.shape)


loaded = {}
for line in sys.stdin:
    request = json.loads(line)
    if request["graph"] not in loaded:
        blocks = blocks_of(request["graph"])
        loaded[request["graph"]] = (blocks, adjacency_of(blocks))
    blocks, adjacency = loaded[request["graph"]]
    seconds, ncuts = [], []
    for seed in request["seeds"]:
        started = time.perf_counter()
        if request.get("shuffle"):
            random = np.random.RandomState(seed)
            adjacency = adjacency_of([permuted(block, random) for block in blocks])
        model = SpectralClustering(
            n_clusters=request["k"],
            affinity="precomputed",
            assign_labels="kmeans",
            eigen_solver="arpack",
            n_init=request["restarts"],
            random_state=seed,
        )
        labels = model.fit_predict(adjacency)
        value = ncut(adjacency, labels)
        seconds.append(time.perf_counter() - started)
        ncuts.append(value)
    print(json.dumps({"seconds": seconds, "ncuts": ncuts}), flush=True)
