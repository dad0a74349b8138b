/**
 * Where the real image sets come from: file names, folder names people keep them under, addresses and checksums. A
 * checksum is of the file as it is served, but for MNIST, whose mirrors compress it differently: there it is of the
 * unpacked content.
 */
import { CIFAR_CLASSES } from './cifar.ts'
import { DIGIT_NAMES, type ImageSet } from './dataset.ts'

export interface SourceFile {
  readonly name: string
  /** SHA-256, hex. */
  readonly sha256: string
  readonly checksumOf: 'file' | 'content'
}

export interface ImageSource {
  readonly title: string
  /** Folders it may lie in, under the data folder; the first is the one lobes itself uses. */
  readonly folders: readonly string[]
  readonly classes: readonly string[]
  /** Tried in order; a file's name is appended. */
  readonly addresses: readonly string[]
  /** In idx format the four files of {@link IDX_PARTS} in that order; for CIFAR-10 one archive. */
  readonly files: readonly SourceFile[]
  readonly citation: string
}

/** What the four files of an idx set hold. */
export const IDX_PARTS = ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const

export const SOURCES: Readonly<Record<Exclude<ImageSet, 'digits'>, ImageSource>> = {
  mnist: {
    title: 'MNIST',
    folders: ['mnist', 'MNIST/raw', 'MNIST'],
    classes: DIGIT_NAMES,
    addresses: [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
    ],
    files: idxFiles('content', [
      'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    ]),
    citation: 'LeCun, Cortes, Burges',
  },
  fashion: {
    title: 'Fashion-MNIST',
    folders: ['fashion-mnist', 'fashion', 'fashion_mnist', 'FashionMNIST/raw', 'FashionMNIST'],
    classes: ['t-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'],
    addresses: [
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    files: idxFiles('file', [
      '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
    ]),
    citation: 'Xiao, Rasul, Vollgraf, arXiv 1708.07747',
  },
  kmnist: {
    title: 'Kuzushiji-MNIST',
    folders: ['kmnist', 'KMNIST/raw', 'KMNIST'],
    classes: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
    addresses: ['https://codh.rois.ac.jp/kmnist/dataset/kmnist/', 'http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
    files: idxFiles('file', [
      '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4',
      'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17',
      'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5',
      '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c',
    ]),
    citation: 'Clanuwat and others, arXiv 1812.01718',
  },
  cifar10: {
    title: 'CIFAR-10',
    folders: ['cifar10', 'cifar-10', 'cifar-10-batches-bin'],
    classes: CIFAR_CLASSES,
    addresses: ['https://www.cs.toronto.edu/~kriz/'],
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
        checksumOf: 'file',
      },
    ],
    citation: 'Krizhevsky 2009',
  },
}

function idxFiles(checksumOf: SourceFile['checksumOf'], checksums: readonly string[]): SourceFile[] {
  const names = [
    'train-images-idx3-ubyte.gz',
    'train-labels-idx1-ubyte.gz',
    't10k-images-idx3-ubyte.gz',
    't10k-labels-idx1-ubyte.gz',
  ]
  return names.map((name, i) => ({ name, sha256: checksums[i], checksumOf }))
}
