/*
 * launcher/python/executors.h - what stands in here for the image that a Python package names as
 * its executor, where the configuration does not say. Pure.
 */
#ifndef LAUNCHER_PYTHON_EXECUTORS_H
#define LAUNCHER_PYTHON_EXECUTORS_H

/*
 * The interpreter:
 *
 *     REGION-docker.pkg.dev/vertex-ai/training/…  the service's prebuilt images: python3, whatever
 *     gcr.io/cloud-aiplatform/training/…          version they are of
 *     host:NAME                                   NAME; python3 without one
 *     python3…, /PATH                             itself
 *
 * NULL: any other, which runs the package itself, in a container. Static, or part of image.
 */
const char *executor_interpreter(const char *image);

#endif
