export function PipelinePage({ pipeline }: { pipeline: string }) {
  return <h1>Pipeline {pipeline}</h1>;
}
