"""scikit-learn's spectral clustering, set up as the papers did: the peer of bench/*.ts.

Reads one JSON request a line: {"graph": path of an .npz with sizes, and row/column/value of the edges, "k", "restarts",
"seeds": [...]} and answers with one JSON line: {"seconds": [...], "ncuts": [...]}, one entry a seed.
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


def adjacency_of(path):
    with np.load(path) as file:
        n = int(file["sizes"].sum())
        upper = sp.coo_matrix((file["value"].astype(np.float64), (file["row"], file["column"])), shape=(n, n)).tocsr()
    full = (upper + upper.T).tocsr()
    return full[full.getnnz(axis=1) > 0][:, full.getnnz(axis=1) > 0]


loaded = {}
for line in sys.stdin:
    request = json.loads(line)
    if request["graph"] not in loaded:
        loaded[request["graph"]] = adjacency_of(request["graph"])
    adjacency = loaded[request["graph"]]
    seconds, ncuts = [], []
    for seed in request["seeds"]:
        started = time.perf_counter()
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
