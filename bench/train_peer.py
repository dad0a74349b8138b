"""PyTorch for training.ts: one JSON request a line, {"case", "steps"}; answers the milliseconds of a step."""
import json
import sys
import time

import torch
from torch import nn


def mlp(sizes):
    layers = []
    for fan_in, out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(fan_in, out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def cnn():
    convolution = lambda fan_in: [nn.Conv2d(fan_in, 64, 3, padding=1), nn.ReLU()]
    pool = nn.MaxPool2d(2)
    head = [nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*convolution(1), *convolution(64), pool, *convolution(64), pool, *head)


CASES = {
    "mlp": (lambda: mlp([784, 256, 256, 256, 256, 10]), (784,), 128),
    "cnn": (cnn, (1, 28, 28), 64),
    "replicas": (lambda: mlp([49, 64, 64, 64, 10]), (49,), 32),
}
EXAMPLES = 4096
prepared = {}


def prepare(case):
    build, shape, batch = CASES[case]
    torch.manual_seed(0)
    network = build()
    examples = torch.rand(EXAMPLES, *shape)
    answers = torch.randint(10, (EXAMPLES,))
    optimiser = torch.optim.Adam(network.parameters(), eps=1e-7)
    loss = nn.CrossEntropyLoss()

    def step():
        chosen = torch.randint(EXAMPLES, (batch,))
        optimiser.zero_grad(set_to_none=True)
        loss(network(examples[chosen]), answers[chosen]).backward()
        optimiser.step()

    return step


for line in sys.stdin:
    request = json.loads(line)
    case = request["case"]
    if case not in prepared:
        prepared[case] = prepare(case)
    step = prepared[case]
    started = time.perf_counter()
    for _ in range(request["steps"]):
        step()
    print(json.dumps((time.perf_counter() - started) * 1000 / request["steps"]), flush=True)
