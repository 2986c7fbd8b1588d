#include "engine/api/route.h"

#include "engine/api/api_private.h"
#include "engine/api/api_steering.h"
#include "engine/api/datasets.h"
#include "engine/api/pipelines.h"
#include "engine/api/plots/plots.h"
#include "engine/api/replicas.h"
#include "engine/api/trial_files/trial_files.h"
#include "engine/api/vertex/vertex_datasets.h"
#include "engine/api/vertex/vertex_long_operations.h"
#include "engine/api/vertex/vertex_models.h"
#include "engine/api/vertex/vertex_pipelines.h"
#include "engine/api/window/windows.h"

#include <string.h>

#define LOCATION "/v1/projects/{project}/locations/{location}"
#define STUDY LOCATION "/studies/{study}"
#define DATASET LOCATION "/datasets/{dataset}"

/* {…} stands for one segment, up to a slash or a colon. */
static const struct {
    const char *method;
    const char *path;
    api_handler handler;
} routes[] = {
    { "GET", "/assay/v1/jobs", api_list_jobs },
    { "POST", "/assay/v1/jobs", api_submit_job },
    { "POST", "/assay/v1/jobs:check", api_check_job },
    { "GET", "/assay/v1/jobs:count", api_count_jobs },
    { "GET", "/assay/v1/jobs:window", api_window_jobs },
    { "POST", "/assay/v1:pause", api_pause },
    { "GET", "/assay/v1/places", api_get_places },
    { "POST", "/assay/v1/jobs/{job}:register", api_register_job },
    { "POST", "/assay/v1/models:verify", api_verify_models },
    { "POST", "/assay/v1/models:push", api_push_models },
    { "GET", "/assay/v1/models/{model}", api_show_model },
    { "POST", "/assay/v1/models/{model}:verify", api_verify_models },
    { "POST", "/assay/v1/models/{model}:push", api_push_models },
    { "POST", "/assay/v1/models/{model}:unpack", api_unpack_model },
    { "GET", "/assay/v1/emulation", api_get_emulation },
    { "PUT", "/assay/v1/emulation", api_put_emulation },
    { "POST", "/assay/v1/emulation", api_put_emulation },
    { "POST", "/assay/v1/clock:advance", api_advance_clock },
    { "POST", "/assay/v1:reset", api_reset },
    { "GET", "/assay/v1/jobs/{job}", api_get_job },
    { "DELETE", "/assay/v1/jobs/{job}", api_delete_job },
    { "POST", "/assay/v1/jobs/{job}:cancel", api_cancel_job },
    { "POST", "/assay/v1/jobs/{job}:resume", api_resume_job },
    { "PATCH", "/assay/v1/jobs/{job}", api_change_job },
    { "POST", "/assay/v1/jobs/{job}:retry", api_retry_job },
    { "POST", "/assay/v1/jobs/{job}/trials/{trial}:stop", api_stop_trial },
    { "GET", "/assay/v1/jobs/{job}:watch", api_watch_job },
    { "GET", "/assay/v1/jobs/{job}/resource", api_get_resource },
    { "GET", "/assay/v1/jobs/{job}/plots/history", api_plot_history },
    { "GET", "/assay/v1/jobs/{job}/plots/sample", api_plot_sample },
    { "GET", "/assay/v1/jobs/{job}/plots/pareto", api_plot_pareto },
    { "GET", "/assay/v1/jobs/{job}/plots/curves", api_plot_curves },
    { "GET", "/assay/v1/jobs/{job}/plots/timeline", api_plot_timeline },
    { "GET", "/assay/v1/jobs/{job}/plots/edf", api_plot_edf },
    { "GET", "/assay/v1/jobs/{job}/plots/importance", api_plot_importance },
    { "GET", "/assay/v1/jobs/{job}/plots/slice", api_plot_slice },
    { "GET", "/assay/v1/jobs/{job}/plots/contour", api_plot_contour },
    { "GET", "/assay/v1/jobs/{job}/document", api_get_document },
    { "GET", "/assay/v1/jobs/{job}/trials", api_list_trials },
    { "GET", "/assay/v1/jobs/{job}/trials:window", api_window_trials },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}", api_get_trial },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}/logs", api_get_logs },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}:logs", api_get_logs },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}/logs:stat", api_stat_logs },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}/logs:search", api_search_logs },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}/files", api_list_files },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}/files:read", api_read_file },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}:launch", api_get_launch },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}:explain", api_explain_trial },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}:reach", api_get_reach },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}/replicas", api_list_replicas },
    { "GET", "/assay/v1/jobs/{job}:replay", api_replay_job },
    { "GET", "/assay/v1/jobs/{job}/optimalTrials", api_list_optimal_trials },
    { "GET", "/assay/v1/pipelines", api_list_pipelines },
    { "GET", "/assay/v1/pipelines/{pipeline}", api_get_pipeline },
    { "DELETE", "/assay/v1/pipelines/{pipeline}", api_delete_pipeline },
    { "POST", "/assay/v1/pipelines/{pipeline}:cancel", api_cancel_pipeline },
    { "POST", "/assay/v1/pipelines/{pipeline}:resume", api_resume_pipeline },
    { "GET", "/assay/v1/pipelines/{pipeline}/resource", api_get_pipeline_resource },
    { "GET", "/assay/v1/datasets/{dataset}/table", api_get_table },

    { "GET", LOCATION, vertex_get_location },
    { "POST", LOCATION "/hyperparameterTuningJobs", vertex_create_tuning_job },
    { "GET", LOCATION "/hyperparameterTuningJobs", vertex_list_tuning_jobs },
    { "GET", LOCATION "/hyperparameterTuningJobs/{job}", vertex_get_tuning_job },
    { "DELETE", LOCATION "/hyperparameterTuningJobs/{job}", vertex_delete_tuning_job },
    { "POST", LOCATION "/hyperparameterTuningJobs/{job}:cancel", vertex_cancel_tuning_job },
    { "GET", LOCATION "/hyperparameterTuningJobs/{job}:watch", vertex_watch_tuning_job },
    { "GET", LOCATION "/operations", vertex_list_operations },
    { "GET", LOCATION "/operations/{operation}", vertex_get_operation },
    { "POST", LOCATION "/operations/{operation}:wait", vertex_wait_for_operation },
    { "POST", LOCATION "/operations/{operation}:cancel", vertex_cancel_operation },
    { "DELETE", LOCATION "/operations/{operation}", vertex_delete_operation },
    { "POST", LOCATION "/models:upload", vertex_upload_model },
    { "POST", LOCATION "/models:copy", vertex_copy_model },
    { "GET", LOCATION "/models", vertex_list_models },
    { "GET", LOCATION "/models/{model}", vertex_get_model },
    { "PATCH", LOCATION "/models/{model}", vertex_patch_model },
    { "DELETE", LOCATION "/models/{model}", vertex_delete_model },
    { "DELETE", LOCATION "/models/{model}:deleteVersion", vertex_delete_model_version },
    { "GET", LOCATION "/models/{model}:listVersions", vertex_list_model_versions },
    { "GET", LOCATION "/models/{model}:listCheckpoints", vertex_list_model_checkpoints },
    { "POST", LOCATION "/models/{model}:mergeVersionAliases", vertex_merge_model_aliases },
    { "POST", LOCATION "/models/{model}:export", vertex_export_model },
    { "GET", LOCATION "/models/{model}/evaluations", vertex_list_model_evaluations },
    { "GET", LOCATION "/models/{model}/operations", vertex_list_long_operations },
    { "GET", LOCATION "/models/{model}/operations/{operation}", vertex_get_long_operation },
    { "POST", LOCATION "/models/{model}/operations/{operation}:wait",
      vertex_wait_for_long_operation },
    { "POST", LOCATION "/models/{model}/operations/{operation}:cancel",
      vertex_cancel_long_operation },
    { "DELETE", LOCATION "/models/{model}/operations/{operation}", vertex_delete_long_operation },
    { "GET", LOCATION "/datasets/{dataset}/operations", vertex_list_long_operations },
    { "GET", LOCATION "/datasets/{dataset}/operations/{operation}", vertex_get_long_operation },
    { "POST", LOCATION "/datasets/{dataset}/operations/{operation}:wait",
      vertex_wait_for_long_operation },
    { "POST", LOCATION "/datasets/{dataset}/operations/{operation}:cancel",
      vertex_cancel_long_operation },
    { "DELETE", LOCATION "/datasets/{dataset}/operations/{operation}",
      vertex_delete_long_operation },
    { "POST", LOCATION "/customJobs", vertex_create_custom_job },
    { "GET", LOCATION "/customJobs", vertex_list_custom_jobs },
    { "GET", LOCATION "/customJobs/{job}", vertex_get_custom_job },
    { "DELETE", LOCATION "/customJobs/{job}", vertex_delete_custom_job },
    { "POST", LOCATION "/customJobs/{job}:cancel", vertex_cancel_custom_job },
    { "GET", LOCATION "/customJobs/{job}:watch", vertex_watch_custom_job },

    { "POST", LOCATION "/trainingPipelines", vertex_create_pipeline },
    { "GET", LOCATION "/trainingPipelines", vertex_list_pipelines },
    { "GET", LOCATION "/trainingPipelines/{pipeline}", vertex_get_pipeline },
    { "DELETE", LOCATION "/trainingPipelines/{pipeline}", vertex_delete_pipeline },
    { "POST", LOCATION "/trainingPipelines/{pipeline}:cancel", vertex_cancel_pipeline },

    { "POST", LOCATION "/datasets", vertex_create_dataset },
    { "GET", LOCATION "/datasets", vertex_list_datasets },
    { "GET", DATASET, vertex_get_dataset },
    { "PATCH", DATASET, vertex_patch_dataset },
    { "DELETE", DATASET, vertex_delete_dataset },
    { "POST", DATASET ":import", vertex_import_data },
    { "POST", DATASET ":export", vertex_export_data },
    { "GET", DATASET ":searchDataItems", vertex_search_data_items },
    { "GET", DATASET "/dataItems", vertex_list_data_items },
    { "GET", DATASET "/dataItems/{item}/annotations", vertex_list_annotations },
    { "GET", DATASET "/annotationSpecs/{annotation}", vertex_get_annotation_spec },
    { "GET", DATASET "/savedQueries", vertex_list_saved_queries },
    { "DELETE", DATASET "/savedQueries/{query}", vertex_delete_saved_query },
    { "POST", DATASET "/datasetVersions", vertex_refuse_dataset_version },
    { "GET", DATASET "/datasetVersions", vertex_refuse_dataset_version },
    { "GET", DATASET "/datasetVersions/{version}", vertex_refuse_dataset_version },
    { "PATCH", DATASET "/datasetVersions/{version}", vertex_refuse_dataset_version },
    { "DELETE", DATASET "/datasetVersions/{version}", vertex_refuse_dataset_version },
    { "GET", DATASET "/datasetVersions/{version}:restore", vertex_refuse_dataset_version },

    { "POST", LOCATION "/studies", vizier_create_study },
    { "GET", LOCATION "/studies", vizier_list_studies },
    { "POST", LOCATION "/studies:lookup", vizier_lookup_study },
    { "GET", STUDY, vizier_get_study },
    { "DELETE", STUDY, vizier_delete_study },
    { "GET", STUDY ":watch", vizier_watch_study },
    { "POST", STUDY "/trials:suggest", vizier_suggest_trials },
    { "POST", STUDY "/trials:listOptimalTrials", vizier_list_optimal_trials },
    { "POST", STUDY "/trials", vizier_create_trial },
    { "GET", STUDY "/trials", vizier_list_trials },
    { "GET", STUDY "/trials/{trial}", vizier_get_trial },
    { "DELETE", STUDY "/trials/{trial}", vizier_delete_trial },
    { "POST", STUDY "/trials/{trial}:addTrialMeasurement", vizier_add_measurement },
    { "POST", STUDY "/trials/{trial}:complete", vizier_complete_trial },
    { "POST", STUDY "/trials/{trial}:checkTrialEarlyStoppingState", vizier_check_trial },
    { "POST", STUDY "/trials/{trial}:stop", vizier_stop_trial },
    { "GET", STUDY "/operations", vizier_list_study_operations },
    { "GET", STUDY "/operations/{operation}", vizier_get_study_operation },
    { "DELETE", STUDY "/operations/{operation}", vizier_delete_study_operation },
    { "POST", STUDY "/operations/{operation}:wait", vizier_wait_for_study_operation },
    { "POST", STUDY "/operations/{operation}:cancel", vizier_cancel_study_operation },
};

/* In the order of enum route_word. */
static const char *const word_names[ROUTE_WORDS] = {
    "{project}", "{location}", "{job}",  "{trial}",      "{study}", "{operation}", "{pipeline}",
    "{model}",   "{dataset}",  "{item}", "{annotation}", "{query}", "{version}",
};

/* Collections of Vertex AI below a location that are not here. */
static const char *const elsewhere[] = {
    "artifacts",
    "batchPredictionJobs",
    "cachedContents",
    "contexts",
    "dataLabelingJobs",
    "deploymentResourcePools",
    "endpoints",
    "evaluationItems",
    "evaluationRuns",
    "evaluationSets",
    "executions",
    "featureGroups",
    "featureOnlineStores",
    "featurestores",
    "indexEndpoints",
    "indexes",
    "metadataStores",
    "migratableResources",
    "modelDeploymentMonitoringJobs",
    "nasJobs",
    "notebookExecutionJobs",
    "notebookRuntimeTemplates",
    "notebookRuntimes",
    "persistentResources",
    "pipelineJobs",
    "publishers",
    "ragCorpora",
    "reasoningEngines",
    "schedules",
    "specialistPools",
    "tensorboards",
    "tuningJobs",
};

static enum route_word word_of(const char *pattern)
{
    enum route_word word = ROUTE_PROJECT;

    while (strncmp(pattern, word_names[word], strlen(word_names[word])) != 0)
        word++;
    return word;
}

/* What HTTP has left encoded in a name, since it would have split the path: %25, %2F and %3A. */
static void decode_word(char *word)
{
    static const char *const escapes[] = { "%25", "%2F", "%3A" };
    static const char bytes[] = { '%', '/', ':' };

    for (char *at = strchr(word, '%'); at; at = strchr(at + 1, '%'))
        for (size_t i = 0; i < sizeof bytes; i++)
            if (strncmp(at, escapes[i], 3) == 0) {
                *at = bytes[i];
                memmove(at + 1, at + 3, strlen(at + 3) + 1);
                break;
            }
}

static bool match_path(const char *pattern, const char *path, struct route_match *match)
{
    for (size_t i = 0; i < ROUTE_WORDS; i++)
        match->words[i][0] = '\0';
    while (*pattern) {
        enum route_word word = ROUTE_PROJECT;
        size_t size = 0;

        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        word = word_of(pattern);
        pattern += strlen(word_names[word]);
        size = strcspn(path, "/:");
        if (size == 0 || size >= ROUTE_WORD_SIZE)
            return false;
        memcpy(match->words[word], path, size);
        match->words[word][size] = '\0';
        decode_word(match->words[word]);
        if (strchr(match->words[word], '/')) /* no name has one: names of resources are paths */
            return false;
        path += size;
    }
    return *path == '\0';
}

static const char *skip(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);

    return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

/* The path as the table has it: below /v1. Writes into plain where it is another version's. */
static const char *plain_path(const char *path, char *plain, size_t size)
{
    const char *rest = skip(path, "/v1beta1/");

    if (!rest)
        rest = skip(path, "/ui/");
    if (!rest || strlen(rest) + sizeof "/v1/" > size)
        return path;
    (void)snprintf(plain, size, "/v1/%s", rest);
    return plain;
}

/* The collection of Vertex AI that a path is below; NULL for none that is known, and for a path
 * with an empty segment. */
static const char *known_collection(const char *path)
{
    size_t size = strlen(path);
    const char *at = skip(path, "/v1/projects/");

    if (size == 0 || path[size - 1] == '/' || strstr(path, "//"))
        return NULL;

    at = at ? strstr(at, "/locations/") : NULL;
    at = at ? strchr(at + strlen("/locations/"), '/') : NULL;
    for (size_t i = 0; at && i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        const char *rest = skip(at + 1, elsewhere[i]);

        if (rest && (*rest == '\0' || *rest == '/' || *rest == ':'))
            return elsewhere[i];
    }
    return NULL;
}

/* What a pattern ends with tells most of them apart, before any word is looked for. */
static bool has_ending(const char *pattern, const char *path, size_t path_size)
{
    const char *brace = strrchr(pattern, '}');
    const char *ending = brace ? brace + 1 : pattern;
    size_t size = strlen(ending);

    return path_size >= size && memcmp(path + path_size - size, ending, size) == 0;
}

bool route_find(const char *method, const char *path, struct route_match *match,
                struct assay_error *err)
{
    char buffer[1024];
    const char *plain = plain_path(path, buffer, sizeof buffer);
    size_t size = strlen(plain);
    const char *collection = NULL;
    bool is_path = false;

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!has_ending(routes[i].path, plain, size) || !match_path(routes[i].path, plain, match))
            continue;
        is_path = true;
        match->handler = routes[i].handler;
        if (strcmp(routes[i].method, method) == 0)
            return true;
    }
    if (is_path)
        return assay_fail(err, ASSAY_UNIMPLEMENTED, NULL, "%s is not possible on %s", method, path);
    collection = known_collection(plain);
    if (collection)
        return assay_fail(err, ASSAY_UNIMPLEMENTED, NULL,
                          "assay has no %s: %s %s is not implemented", collection, method, path);
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "unknown path %s", path);
}
