/* Prebuilt containers, by framework and version, as Google names them. For a training the name only stands for
 * an interpreter of this machine; of a model it is kept, and nothing is deployed. */

export interface Prebuilt {
  framework: string;
  versions: { version: string; image: string }[];
}

const TRAINING = "us-docker.pkg.dev/vertex-ai/training/";
const PREDICTION = "us-docker.pkg.dev/vertex-ai/prediction/";

function family(framework: string, registry: string, versions: [string, string][]): Prebuilt {
  return { framework, versions: versions.map(([version, name]) => ({ version, image: `${registry}${name}:latest` })) };
}

export const TRAINING_IMAGES: Prebuilt[] = [
  family("TensorFlow", TRAINING, [
    ["2.17", "tf-cpu.2-17.py310"],
    ["2.14", "tf-cpu.2-14.py310"],
    ["2.12", "tf-cpu.2-12.py310"],
    ["2.11", "tf-cpu.2-11.py310"],
  ]),
  family("PyTorch", TRAINING, [
    ["2.4", "pytorch-gpu.2-4.py310"],
    ["2.3", "pytorch-gpu.2-3.py310"],
    ["1.13", "pytorch-gpu.1-13.py310"],
  ]),
  family("scikit-learn", TRAINING, [
    ["1.6", "sklearn-cpu.1-6.py310"],
    ["1.0", "sklearn-cpu.1-0"],
    ["0.23", "scikit-learn-cpu.0-23"],
  ]),
  family("XGBoost", TRAINING, [["1.1", "xgboost-cpu.1-1"]]),
  { framework: "Python of this machine", versions: [{ version: "python3", image: "host:" }] },
];

export const PREDICTION_IMAGES: Prebuilt[] = [
  family("TensorFlow", PREDICTION, [
    ["2.15", "tf2-cpu.2-15"],
    ["2.12", "tf2-cpu.2-12"],
    ["2.1", "tf2-cpu.2-1"],
  ]),
  family("PyTorch", PREDICTION, [
    ["2.4", "pytorch-cpu.2-4"],
    ["2.1", "pytorch-cpu.2-1"],
  ]),
  family("scikit-learn", PREDICTION, [
    ["1.5", "sklearn-cpu.1-5"],
    ["1.3", "sklearn-cpu.1-3"],
    ["1.0", "sklearn-cpu.1-0"],
  ]),
  family("XGBoost", PREDICTION, [
    ["2.1", "xgboost-cpu.2-1"],
    ["1.7", "xgboost-cpu.1-7"],
  ]),
];

export function frameworkOf(images: Prebuilt[], image: string): Prebuilt | undefined {
  const name = image.replace(/:[^/:]*$/, "");
  return images.find((one) => one.versions.some((version) => version.image === image || version.image === `${name}:latest`));
}

export const MACHINE_TYPES = [
  "n1-standard-4", "n1-standard-8", "n1-standard-16", "n1-standard-32", "n1-highmem-2", "n1-highmem-4", "n1-highmem-8",
  "n1-highcpu-16", "n2-standard-4", "n2-standard-8", "e2-standard-4", "e2-standard-8", "c2-standard-8", "a2-highgpu-1g",
  "a2-highgpu-2g", "a2-highgpu-4g", "g2-standard-4", "g2-standard-8",
];

export const ACCELERATORS = [
  "NVIDIA_TESLA_T4", "NVIDIA_TESLA_V100", "NVIDIA_TESLA_P100", "NVIDIA_L4", "NVIDIA_TESLA_A100", "NVIDIA_A100_80GB", "NVIDIA_H100_80GB",
];
