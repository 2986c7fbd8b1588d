import * as format from "../format";
import { deleteWithUndo, isolated } from "../leaving";
import { datasetLeaving, type Dataset } from "./dataset_types";

/* What files a dataset has pointed to, and what was exported of it, stays. */
export function deleteDatasets(datasets: Dataset[], undone: () => void = () => {}): void {
  const what = datasets.length === 1 ? `The dataset ${isolated(datasets[0].displayName)}` : `${format.count(datasets.length)} datasets`;
  deleteWithUndo(`${what} will be deleted; files stay.`, datasets.map(datasetLeaving), undone);
}
