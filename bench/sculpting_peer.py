"""Neural Sculpting's unit and edge loops as a plain PyTorch program, one network after another, the whole table in memory.

usage: sculpting_peer.py TABLE.json   (rows, inputs, outputs, hidden, rate, batch, epochs, unitSteps, edgeSteps, seed)
Prints one JSON line: seconds, trainings, and the sparsest network in the form that `lobes sculpt --detect` reads.
"""
import json
import sys
import time

import numpy as np
import torch

job = json.load(open(sys.argv[1]))
torch.set_num_threads(job.get("threads", 1))
torch.manual_seed(job["seed"])
X = torch.tensor(job["inputs"], dtype=torch.float32)
Y = torch.tensor(job["outputs"], dtype=torch.float32)
arch = [X.shape[1], *job["hidden"], Y.shape[1]]
layers = len(arch) - 1
trainings = 0


class Net:
    def __init__(self):
        self.w = [torch.randn(arch[l + 1], arch[l]) * (2 / arch[l]) ** 0.5 for l in range(layers)]
        self.b = [torch.zeros(arch[l + 1]) for l in range(layers)]
        self.m = [torch.ones_like(w) for w in self.w]

    def copy(self):
        other = Net.__new__(Net)
        other.w = [w.detach().clone() for w in self.w]
        other.b = [b.detach().clone() for b in self.b]
        other.m = [m.clone() for m in self.m]
        return other

    def mask(self, masks):
        self.m = masks
        self.w = [w.detach() * m for w, m in zip(self.w, masks)]
        self.b = [b.detach() * (m.sum(1) > 0) for b, m in zip(self.b, masks)]

    def logits(self, x, keep=None):
        for l in range(layers):
            x = torch.nn.functional.linear(x, self.w[l] * self.m[l], self.b[l] * (self.m[l].sum(1) > 0))
            if l < layers - 1:
                x = torch.relu(x)
                if keep is not None:
                    x.retain_grad()
                    keep.append(x)
        return x

    def evaluate(self):
        with torch.no_grad():
            z = self.logits(X)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(z, Y).item()
            return loss, ((z > 0) == (Y > 0.5)).double().mean().item()


def train(net):
    global trainings
    trainings += 1
    params = [p.requires_grad_() for p in net.w + net.b]
    adam = torch.optim.Adam(params, lr=job["rate"], weight_decay=1e-4)
    best, best_loss, best_acc = None, float("inf"), 0.0
    single = job["batch"] >= len(X)
    for _ in range(job["epochs"]):
        order = torch.randperm(len(X))
        for at in range(0, len(X), job["batch"]):
            rows = order[at : at + job["batch"]]
            x = X[rows] + 0.1 * torch.randn(len(rows), arch[0])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net.logits(x), Y[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()
        loss, acc = net.evaluate()
        if acc > best_acc or (acc >= best_acc and (single or loss <= best_loss)):
            best, best_loss, best_acc = net.copy(), loss, acc
    return best, best_acc


def unit_scores(net):
    keep = []
    probe = net.copy()
    for p in probe.w + probe.b:
        p.requires_grad_()
    z = probe.logits(X, keep)
    torch.nn.functional.binary_cross_entropy_with_logits(z, Y, reduction="none").mean(1).sum().backward()
    return [(h.detach() * h.grad).abs().mean(0).numpy() for h in keep]


def unit_masks(net, percent):
    scores = unit_scores(net)
    threshold = np.percentile(np.concatenate(scores), percent)
    masks = [m.clone() for m in net.m]
    for l, score in enumerate(scores):
        gone = torch.tensor(score <= threshold)
        masks[l][gone] = 0
        masks[l + 1][:, gone] = 0
    return masks


def edge_masks(net, percent):
    threshold = np.percentile(np.concatenate([w.detach().abs().flatten().numpy() for w in net.w]), percent)
    return [(w.detach().abs() > threshold).float() for w in net.w]


def back_off(start, gradient, smallest, dense, masks_of):
    accepted, following, step, best, i = start, True, 0.0, dense, 0
    while True:
        i += 1
        target = start + gradient * i if following else accepted + step
        if following:
            step = target - accepted
        fine = False
        if target < 100:
            net = best.copy()
            net.mask(masks_of(net, target))
            net, acc = train(net)
            fine = net is not None and acc >= 1
        if fine:
            accepted, best = target, net
        elif step > smallest:
            following, step = False, max(step / 2, smallest)
        else:
            return best


def sparsity(net):
    return 100 * (1 - sum(m.sum().item() for m in net.m) / sum(m.numel() for m in net.m))


began = time.perf_counter()
dense, _ = train(Net())
weights = sum(w.numel() for w in dense.w)
found = []
for unit_step in job["unitSteps"]:
    units = back_off(0, unit_step, 100 / sum(arch[1:-1]), dense, unit_masks)
    start = sparsity(units)
    again, _ = train(units.copy())
    for edge_step in job["edgeSteps"]:
        found.append(back_off(start, edge_step, 100 / weights, again, edge_masks))
seconds = time.perf_counter() - began
best = max(found, key=sparsity)
print(
    json.dumps(
        {
            "seconds": seconds,
            "trainings": trainings,
            "arch": arch,
            "edges": [
                [[int(j), int(i), float(w[i, j])] for i, j in zip(*np.nonzero(m.numpy()))]
                for w, m in zip([w.detach() for w in best.w], best.m)
            ],
            "biases": [[[int(i), float(v)] for i, v in enumerate(b.detach()) if v != 0] for b in best.b],
            "accuracy": best.evaluate()[1],
        }
    )
)
