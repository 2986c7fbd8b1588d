export function DatasetsPage() {
  return <h1>Datasets</h1>;
}
