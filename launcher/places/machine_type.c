#include "launcher/places/machine_type.h"

#include "assay/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * From "Machine families resource and comparison guide" and its pages of the general-purpose,
 * compute-, memory- and accelerator-optimized families (cloud.google.com/compute/docs), and for
 * ct5lp "TPU v5e" (cloud.google.com/tpu/docs), as they stood in 2025. GB there are GiB. A TPU is no
 * GPU: such a type asks for CPUs and memory only. Sorted by name.
 */
static const struct machine_type types[] = {
    { "a2-highgpu-1g", 12, 85, 1, "NVIDIA_TESLA_A100" },
    { "a2-highgpu-2g", 24, 170, 2, "NVIDIA_TESLA_A100" },
    { "a2-highgpu-4g", 48, 340, 4, "NVIDIA_TESLA_A100" },
    { "a2-highgpu-8g", 96, 680, 8, "NVIDIA_TESLA_A100" },
    { "a2-megagpu-16g", 96, 1360, 16, "NVIDIA_TESLA_A100" },
    { "a2-ultragpu-1g", 12, 170, 1, "NVIDIA_A100_80GB" },
    { "a2-ultragpu-2g", 24, 340, 2, "NVIDIA_A100_80GB" },
    { "a2-ultragpu-4g", 48, 680, 4, "NVIDIA_A100_80GB" },
    { "a2-ultragpu-8g", 96, 1360, 8, "NVIDIA_A100_80GB" },
    { "a3-edgegpu-8g", 208, 1872, 8, "NVIDIA_H100_80GB" },
    { "a3-highgpu-1g", 26, 234, 1, "NVIDIA_H100_80GB" },
    { "a3-highgpu-2g", 52, 468, 2, "NVIDIA_H100_80GB" },
    { "a3-highgpu-4g", 104, 936, 4, "NVIDIA_H100_80GB" },
    { "a3-highgpu-8g", 208, 1872, 8, "NVIDIA_H100_80GB" },
    { "a3-megagpu-8g", 208, 1872, 8, "NVIDIA_H100_MEGA_80GB" },
    { "a3-ultragpu-8g", 224, 2952, 8, "NVIDIA_H200_141GB" },
    { "a4-highgpu-8g", 224, 3968, 8, "NVIDIA_B200" },
    { "c2-standard-16", 16, 64, 0, "" },
    { "c2-standard-30", 30, 120, 0, "" },
    { "c2-standard-4", 4, 16, 0, "" },
    { "c2-standard-60", 60, 240, 0, "" },
    { "c2-standard-8", 8, 32, 0, "" },
    { "c2d-highcpu-112", 112, 224, 0, "" },
    { "c2d-highcpu-16", 16, 32, 0, "" },
    { "c2d-highcpu-2", 2, 4, 0, "" },
    { "c2d-highcpu-32", 32, 64, 0, "" },
    { "c2d-highcpu-4", 4, 8, 0, "" },
    { "c2d-highcpu-56", 56, 112, 0, "" },
    { "c2d-highcpu-8", 8, 16, 0, "" },
    { "c2d-highmem-112", 112, 896, 0, "" },
    { "c2d-highmem-16", 16, 128, 0, "" },
    { "c2d-highmem-2", 2, 16, 0, "" },
    { "c2d-highmem-32", 32, 256, 0, "" },
    { "c2d-highmem-4", 4, 32, 0, "" },
    { "c2d-highmem-56", 56, 448, 0, "" },
    { "c2d-highmem-8", 8, 64, 0, "" },
    { "c2d-standard-112", 112, 448, 0, "" },
    { "c2d-standard-16", 16, 64, 0, "" },
    { "c2d-standard-2", 2, 8, 0, "" },
    { "c2d-standard-32", 32, 128, 0, "" },
    { "c2d-standard-4", 4, 16, 0, "" },
    { "c2d-standard-56", 56, 224, 0, "" },
    { "c2d-standard-8", 8, 32, 0, "" },
    { "c3-highcpu-176", 176, 352, 0, "" },
    { "c3-highcpu-22", 22, 44, 0, "" },
    { "c3-highcpu-4", 4, 8, 0, "" },
    { "c3-highcpu-44", 44, 88, 0, "" },
    { "c3-highcpu-8", 8, 16, 0, "" },
    { "c3-highcpu-88", 88, 176, 0, "" },
    { "c3-highmem-176", 176, 1408, 0, "" },
    { "c3-highmem-22", 22, 176, 0, "" },
    { "c3-highmem-4", 4, 32, 0, "" },
    { "c3-highmem-44", 44, 352, 0, "" },
    { "c3-highmem-8", 8, 64, 0, "" },
    { "c3-highmem-88", 88, 704, 0, "" },
    { "c3-standard-176", 176, 704, 0, "" },
    { "c3-standard-22", 22, 88, 0, "" },
    { "c3-standard-4", 4, 16, 0, "" },
    { "c3-standard-44", 44, 176, 0, "" },
    { "c3-standard-8", 8, 32, 0, "" },
    { "c3-standard-88", 88, 352, 0, "" },
    { "c3d-highcpu-16", 16, 32, 0, "" },
    { "c3d-highcpu-180", 180, 360, 0, "" },
    { "c3d-highcpu-30", 30, 60, 0, "" },
    { "c3d-highcpu-360", 360, 720, 0, "" },
    { "c3d-highcpu-4", 4, 8, 0, "" },
    { "c3d-highcpu-60", 60, 120, 0, "" },
    { "c3d-highcpu-8", 8, 16, 0, "" },
    { "c3d-highcpu-90", 90, 180, 0, "" },
    { "c3d-highmem-16", 16, 128, 0, "" },
    { "c3d-highmem-180", 180, 1440, 0, "" },
    { "c3d-highmem-30", 30, 240, 0, "" },
    { "c3d-highmem-360", 360, 2880, 0, "" },
    { "c3d-highmem-4", 4, 32, 0, "" },
    { "c3d-highmem-60", 60, 480, 0, "" },
    { "c3d-highmem-8", 8, 64, 0, "" },
    { "c3d-highmem-90", 90, 720, 0, "" },
    { "c3d-standard-16", 16, 64, 0, "" },
    { "c3d-standard-180", 180, 720, 0, "" },
    { "c3d-standard-30", 30, 120, 0, "" },
    { "c3d-standard-360", 360, 1440, 0, "" },
    { "c3d-standard-4", 4, 16, 0, "" },
    { "c3d-standard-60", 60, 240, 0, "" },
    { "c3d-standard-8", 8, 32, 0, "" },
    { "c3d-standard-90", 90, 360, 0, "" },
    { "ct5lp-hightpu-1t", 24, 48, 0, "" },
    { "ct5lp-hightpu-4t", 112, 192, 0, "" },
    { "ct5lp-hightpu-8t", 224, 384, 0, "" },
    { "e2-highcpu-16", 16, 16, 0, "" },
    { "e2-highcpu-2", 2, 2, 0, "" },
    { "e2-highcpu-32", 32, 32, 0, "" },
    { "e2-highcpu-4", 4, 4, 0, "" },
    { "e2-highcpu-8", 8, 8, 0, "" },
    { "e2-highmem-16", 16, 128, 0, "" },
    { "e2-highmem-2", 2, 16, 0, "" },
    { "e2-highmem-4", 4, 32, 0, "" },
    { "e2-highmem-8", 8, 64, 0, "" },
    { "e2-standard-16", 16, 64, 0, "" },
    { "e2-standard-2", 2, 8, 0, "" },
    { "e2-standard-32", 32, 128, 0, "" },
    { "e2-standard-4", 4, 16, 0, "" },
    { "e2-standard-8", 8, 32, 0, "" },
    { "g2-standard-12", 12, 48, 1, "NVIDIA_L4" },
    { "g2-standard-16", 16, 64, 1, "NVIDIA_L4" },
    { "g2-standard-24", 24, 96, 2, "NVIDIA_L4" },
    { "g2-standard-32", 32, 128, 1, "NVIDIA_L4" },
    { "g2-standard-4", 4, 16, 1, "NVIDIA_L4" },
    { "g2-standard-48", 48, 192, 4, "NVIDIA_L4" },
    { "g2-standard-8", 8, 32, 1, "NVIDIA_L4" },
    { "g2-standard-96", 96, 384, 8, "NVIDIA_L4" },
    { "m1-megamem-96", 96, 1433.6, 0, "" },
    { "m1-ultramem-160", 160, 3844, 0, "" },
    { "m1-ultramem-40", 40, 961, 0, "" },
    { "m1-ultramem-80", 80, 1922, 0, "" },
    { "n1-highcpu-16", 16, 14.4, 0, "" },
    { "n1-highcpu-2", 2, 1.8, 0, "" },
    { "n1-highcpu-32", 32, 28.8, 0, "" },
    { "n1-highcpu-4", 4, 3.6, 0, "" },
    { "n1-highcpu-64", 64, 57.6, 0, "" },
    { "n1-highcpu-8", 8, 7.2, 0, "" },
    { "n1-highcpu-96", 96, 86.4, 0, "" },
    { "n1-highmem-16", 16, 104, 0, "" },
    { "n1-highmem-2", 2, 13, 0, "" },
    { "n1-highmem-32", 32, 208, 0, "" },
    { "n1-highmem-4", 4, 26, 0, "" },
    { "n1-highmem-64", 64, 416, 0, "" },
    { "n1-highmem-8", 8, 52, 0, "" },
    { "n1-highmem-96", 96, 624, 0, "" },
    { "n1-standard-1", 1, 3.75, 0, "" },
    { "n1-standard-16", 16, 60, 0, "" },
    { "n1-standard-2", 2, 7.5, 0, "" },
    { "n1-standard-32", 32, 120, 0, "" },
    { "n1-standard-4", 4, 15, 0, "" },
    { "n1-standard-64", 64, 240, 0, "" },
    { "n1-standard-8", 8, 30, 0, "" },
    { "n1-standard-96", 96, 360, 0, "" },
    { "n2-highcpu-16", 16, 16, 0, "" },
    { "n2-highcpu-2", 2, 2, 0, "" },
    { "n2-highcpu-32", 32, 32, 0, "" },
    { "n2-highcpu-4", 4, 4, 0, "" },
    { "n2-highcpu-48", 48, 48, 0, "" },
    { "n2-highcpu-64", 64, 64, 0, "" },
    { "n2-highcpu-8", 8, 8, 0, "" },
    { "n2-highcpu-80", 80, 80, 0, "" },
    { "n2-highcpu-96", 96, 96, 0, "" },
    { "n2-highmem-128", 128, 864, 0, "" },
    { "n2-highmem-16", 16, 128, 0, "" },
    { "n2-highmem-2", 2, 16, 0, "" },
    { "n2-highmem-32", 32, 256, 0, "" },
    { "n2-highmem-4", 4, 32, 0, "" },
    { "n2-highmem-48", 48, 384, 0, "" },
    { "n2-highmem-64", 64, 512, 0, "" },
    { "n2-highmem-8", 8, 64, 0, "" },
    { "n2-highmem-80", 80, 640, 0, "" },
    { "n2-highmem-96", 96, 768, 0, "" },
    { "n2-standard-128", 128, 512, 0, "" },
    { "n2-standard-16", 16, 64, 0, "" },
    { "n2-standard-2", 2, 8, 0, "" },
    { "n2-standard-32", 32, 128, 0, "" },
    { "n2-standard-4", 4, 16, 0, "" },
    { "n2-standard-48", 48, 192, 0, "" },
    { "n2-standard-64", 64, 256, 0, "" },
    { "n2-standard-8", 8, 32, 0, "" },
    { "n2-standard-80", 80, 320, 0, "" },
    { "n2-standard-96", 96, 384, 0, "" },
    { "n2d-highcpu-128", 128, 128, 0, "" },
    { "n2d-highcpu-16", 16, 16, 0, "" },
    { "n2d-highcpu-2", 2, 2, 0, "" },
    { "n2d-highcpu-224", 224, 224, 0, "" },
    { "n2d-highcpu-32", 32, 32, 0, "" },
    { "n2d-highcpu-4", 4, 4, 0, "" },
    { "n2d-highcpu-48", 48, 48, 0, "" },
    { "n2d-highcpu-64", 64, 64, 0, "" },
    { "n2d-highcpu-8", 8, 8, 0, "" },
    { "n2d-highcpu-80", 80, 80, 0, "" },
    { "n2d-highcpu-96", 96, 96, 0, "" },
    { "n2d-highmem-16", 16, 128, 0, "" },
    { "n2d-highmem-2", 2, 16, 0, "" },
    { "n2d-highmem-32", 32, 256, 0, "" },
    { "n2d-highmem-4", 4, 32, 0, "" },
    { "n2d-highmem-48", 48, 384, 0, "" },
    { "n2d-highmem-64", 64, 512, 0, "" },
    { "n2d-highmem-8", 8, 64, 0, "" },
    { "n2d-highmem-80", 80, 640, 0, "" },
    { "n2d-highmem-96", 96, 768, 0, "" },
    { "n2d-standard-128", 128, 512, 0, "" },
    { "n2d-standard-16", 16, 64, 0, "" },
    { "n2d-standard-2", 2, 8, 0, "" },
    { "n2d-standard-224", 224, 896, 0, "" },
    { "n2d-standard-32", 32, 128, 0, "" },
    { "n2d-standard-4", 4, 16, 0, "" },
    { "n2d-standard-48", 48, 192, 0, "" },
    { "n2d-standard-64", 64, 256, 0, "" },
    { "n2d-standard-8", 8, 32, 0, "" },
    { "n2d-standard-80", 80, 320, 0, "" },
    { "n2d-standard-96", 96, 384, 0, "" },
    { "n4-highcpu-16", 16, 32, 0, "" },
    { "n4-highcpu-2", 2, 4, 0, "" },
    { "n4-highcpu-32", 32, 64, 0, "" },
    { "n4-highcpu-4", 4, 8, 0, "" },
    { "n4-highcpu-48", 48, 96, 0, "" },
    { "n4-highcpu-64", 64, 128, 0, "" },
    { "n4-highcpu-8", 8, 16, 0, "" },
    { "n4-highcpu-80", 80, 160, 0, "" },
    { "n4-highmem-16", 16, 128, 0, "" },
    { "n4-highmem-2", 2, 16, 0, "" },
    { "n4-highmem-32", 32, 256, 0, "" },
    { "n4-highmem-4", 4, 32, 0, "" },
    { "n4-highmem-48", 48, 384, 0, "" },
    { "n4-highmem-64", 64, 512, 0, "" },
    { "n4-highmem-8", 8, 64, 0, "" },
    { "n4-highmem-80", 80, 640, 0, "" },
    { "n4-standard-16", 16, 64, 0, "" },
    { "n4-standard-2", 2, 8, 0, "" },
    { "n4-standard-32", 32, 128, 0, "" },
    { "n4-standard-4", 4, 16, 0, "" },
    { "n4-standard-48", 48, 192, 0, "" },
    { "n4-standard-64", 64, 256, 0, "" },
    { "n4-standard-8", 8, 32, 0, "" },
    { "n4-standard-80", 80, 320, 0, "" },
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

const struct machine_type *machine_types(size_t *count)
{
    *count = TYPE_COUNT;
    return types;
}

static int compare_name(const void *name, const void *type)
{
    return strcmp(name, ((const struct machine_type *)type)->name);
}

const struct machine_type *machine_type_find(const char *name)
{
    return bsearch(name, types, TYPE_COUNT, sizeof types[0], compare_name);
}

static const char *nearest_name(const char *name)
{
    const char *names[TYPE_COUNT];

    for (size_t i = 0; i < TYPE_COUNT; i++)
        names[i] = types[i].name;
    return assay_nearest_word(name, names, TYPE_COUNT);
}

bool machine_type_resources(const char *name, int accelerator_count, struct resources *resources,
                            char *warning, size_t warning_size)
{
    const struct machine_type *type = NULL;

    *resources = (struct resources){ .gpus = accelerator_count };
    if (!name || !*name)
        return true;
    type = machine_type_find(name);
    if (!type) {
        const char *nearest = nearest_name(name);

        (void)snprintf(warning, warning_size,
                       "\"%s\" is not known here, so that no CPUs and memory are asked for%s%s%s",
                       name, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
        return false;
    }
    resources->cpus = type->cpus;
    resources->memory_bytes = (int64_t)(type->memory_gib * (double)(INT64_C(1) << 30));
    if (resources->gpus == 0)
        resources->gpus = type->gpus;
    return true;
}
