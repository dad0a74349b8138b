/** BibTeX of the tool and of the papers whose methods an analysis uses. */
import { VERSION } from '../version.ts'

export const BIBTEX = `@software{lobes,
  title   = {lobes: find, test and show modular structure in trained neural networks},
  author  = {{the lobes authors}},
  version = {${VERSION}}
}
@misc{filan2020pruned,
  title         = {Pruned Neural Networks are Surprisingly Modular},
  author        = {Filan, Daniel and Hod, Shlomi and Wild, Cody and Critch, Andrew and Russell, Stuart},
  year          = {2020},
  eprint        = {2003.04881},
  archivePrefix = {arXiv}
}
@misc{filan2021clusterability,
  title         = {Clusterability in Neural Networks},
  author        = {Filan, Daniel and Casper, Stephen and Hod, Shlomi and Wild, Cody and Critch, Andrew and Russell, Stuart},
  year          = {2021},
  eprint        = {2103.03386},
  archivePrefix = {arXiv}
}`
