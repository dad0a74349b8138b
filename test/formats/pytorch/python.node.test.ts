/** Files written by PyTorch itself: each tensor is read as PyTorch holds it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../../src/formats/file-source.ts'
import { openNetwork } from '../../../src/formats/open.ts'
import { readLegacyCheckpoint } from '../../../src/formats/pytorch/legacy-stream.ts'
import { chooseStateDict } from '../../../src/formats/pytorch/state-dict.ts'
import { weightOf } from '../../../src/formats/pytorch/tensors.ts'
import { readZipCheckpoint } from '../../../src/formats/pytorch/zip-container.ts'

const PYTHON = '/usr/bin/python3'
const hasTorch = spawnSync(PYTHON, ['-c', 'import torch']).status === 0
if (!hasTorch) console.warn('skipped: no Python with PyTorch here')

/** Types, views, shared storages, subclasses and odd shapes, in each container and pickle protocol. */
const SCRIPT = `
import collections, json, sys, torch
torch.manual_seed(1)
base = torch.randn(4, 6)
half = torch.randn(5, 3)
state = collections.OrderedDict(
  plain=base, transposed=base.t(), view=base[1:3, ::2], row=base[2], column=base[:, 3], shared=base.view(-1)[5:17].view(3, 4),
  expanded=torch.arange(3.).expand(4, 3), permuted=torch.randn(2, 3, 4).permute(2, 0, 1), last=torch.randn(2, 5, 3, 3).contiguous(memory_format=torch.channels_last),
  float64=half.double(), float16=half.half(), bfloat16=half.bfloat16(), int64=torch.tensor([2**40, -3]), int32=torch.arange(5, dtype=torch.int32),
  int16=torch.arange(-2, 3, dtype=torch.int16), int8=torch.arange(-2, 3, dtype=torch.int8), uint8=torch.arange(250, 255, dtype=torch.uint8),
  bool=torch.tensor([[True, False]]), scalar=torch.tensor(3.5), empty=torch.zeros(0, 3), single=torch.ones(1, 1, 1),
  parameter=torch.nn.Parameter(torch.randn(3, 2)), buffer=torch.nn.BatchNorm1d(3).num_batches_tracked)
module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
optimizer = torch.optim.Adam(module.parameters())
module(torch.randn(2, 3)).sum().backward()
optimizer.step()
checkpoint = dict(epoch=7, state_dict=state, optimizer=optimizer.state_dict(), history=[.1, .2, None, True], names={'a', 'b'}, size=base.size(), type=torch.float32, counter=collections.Counter('aab'))
for legacy in (False, True):
  for protocol in (2, 3, 4, 5):
    torch.save(checkpoint, '%s/%s-%d.pth' % (sys.argv[1], 'legacy' if legacy else 'zip', protocol), pickle_protocol=protocol, _use_new_zipfile_serialization=not legacy)
torch.save(module.state_dict(), sys.argv[1] + '/module.pth')
torch.save(module, sys.argv[1] + '/whole.pth')
torch.save(module, sys.argv[1] + '/whole-legacy.pth', _use_new_zipfile_serialization=False)
torch.jit.save(torch.jit.script(module.eval()), sys.argv[1] + '/script.pt')
print(json.dumps({name: [str(t.dtype)[6:], list(t.shape), t.double().flatten().tolist()] for name, t in state.items()}))
`

describe.skipIf(!hasTorch)('files by PyTorch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lobes-torch-'))
  const expected: Record<string, [string, number[], number[]]> = hasTorch
    ? JSON.parse(execFileSync(PYTHON, ['-c', SCRIPT, folder], { encoding: 'utf8' }))
    : {}

  it.each(['zip', 'legacy'].flatMap(kind => [2, 3, 4, 5].map(protocol => `${kind}-${protocol}.pth`)))(
    '%s',
    async file => {
      const source = await fileSource(join(folder, file))
      const read = file.startsWith('zip') ? readZipCheckpoint : readLegacyCheckpoint
      const { value, readStorage } = await read(source)
      const { tensors } = chooseStateDict(value, undefined, file)
      // In the order in which they were registered.
      expect([...tensors.keys()]).toEqual(Object.keys(expected))
      for (const [name, view] of tensors) {
        const { dtype, shape, data } = await weightOf(name, view, readStorage, file).read()
        expect([name, dtype, shape, Array.from(data, Number)]).toEqual([name, ...expected[name]])
      }
    },
  )

  it('a module’s state_dict opens', async () => {
    const network = await openNetwork(await fileSource(join(folder, 'module.pth')))
    expect(network.operators.map(({ name, type }) => `${name} ${type}`)).toEqual(['0 Gemm', '1 BatchNormalization'])
  })

  it.each([
    ['whole.pth', /whole Python object \("torch\.nn\.modules\.container\.Sequential"\).*\n.*torch\.load/],
    ['whole-legacy.pth', /whole Python object \("torch\.nn\.modules\.container\.Sequential"\)/],
    ['script.pt', /TorchScript.*\n.*torch\.jit\.load/],
  ])('%s is recognised', async (file, message) => {
    await expect(openNetwork(await fileSource(join(folder, file)))).rejects.toThrow(message)
  })
})
