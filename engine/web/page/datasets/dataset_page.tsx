export function DatasetPage({ dataset }: { dataset: string }) {
  return <h1>Dataset {dataset}</h1>;
}
