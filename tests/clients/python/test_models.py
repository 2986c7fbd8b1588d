"""The model registry through the SDK's Model and ModelRegistry, and the generated client."""

import os
import pickle
import tempfile
import unittest

from google.api_core import exceptions
from google.cloud import aiplatform

from fixture import PARENT, SERVING_IMAGE, a_name, all_at_once, files_below, models, read, stored


def local_folder(into, content=b"weights"):
    """A model's folder on this machine, with a file that the prebuilt serving images know."""
    with open(os.path.join(into, "model.pkl"), "wb") as file:
        file.write(pickle.dumps(content))
    return into


@all_at_once
class Sdk(unittest.TestCase):
    def upload(self, **members):
        with tempfile.TemporaryDirectory(prefix="assay-model-") as folder:
            return aiplatform.Model.upload(
                serving_container_image_uri=SERVING_IMAGE, artifact_uri=local_folder(folder),
                display_name=members.pop("display_name", a_name("model")), **members)

    def test_local_folder_becomes_a_model(self):
        model = self.upload(labels={"team": "vision"}, description="of a folder",
                            serving_container_environment_variables={"MODE": "fast"},
                            serving_container_ports=[8080])
        self.assertEqual((model.version_id, list(model.version_aliases)), ("1", ["default"]))
        self.assertEqual((model.labels, model.description), ({"team": "vision"}, "of a folder"))
        self.assertEqual([uri.rsplit("/", 1)[1] for uri in files_below(model.uri)], ["model.pkl"])
        self.assertEqual(pickle.loads(read(files_below(model.uri)[0])), b"weights")
        self.assertIsNone(model.training_job)
        self.assertTrue(model.create_time)

    def test_folder_of_a_bucket_becomes_a_model_of_the_wanted_name(self):
        folder = stored("weights").rsplit("/", 1)[0]
        name = a_name("wanted")
        model = self.upload_of(folder, model_id=name)
        self.assertEqual((model.name, model.uri), (name, folder))
        with self.assertRaises(exceptions.Conflict):
            self.upload_of(folder, model_id=name)

    def upload_of(self, folder, **members):
        return aiplatform.Model.upload(serving_container_image_uri="local/serve", artifact_uri=folder,
                                       display_name=a_name("model"), **members)

    def test_folder_without_files_is_refused(self):
        with self.assertRaises(exceptions.GoogleAPICallError) as caught:
            self.upload_of("gs://stage/" + a_name("empty"))
        self.assertIn("FAILED_PRECONDITION", repr(caught.exception.errors) + str(caught.exception.grpc_status_code)
                      + str(caught.exception))

    def test_model_may_have_no_files(self):
        model = aiplatform.Model.upload(display_name=a_name("reference"))
        self.assertEqual((model.version_id, model.uri), ("1", None if model.uri is None else ""))

    def test_versions_aliases_and_descriptions(self):
        first = self.upload(version_aliases=["stable"], version_description="the first")
        second = self.upload(parent_model=first.resource_name, is_default_version=False,
                             version_aliases=["candidate"])
        self.assertEqual((second.name, second.version_id), (first.name, "2"))
        registry = aiplatform.models.ModelRegistry(first)
        self.assertEqual({one.version_id: sorted(one.version_aliases) for one in registry.list_versions()},
                         {"1": ["default", "stable"], "2": ["candidate"]})
        registry.add_version_aliases(["default", "golden"], "2")
        registry.remove_version_aliases(["candidate"], "2")
        self.assertEqual({one.version_id: sorted(one.version_aliases) for one in registry.list_versions()},
                         {"1": ["stable"], "2": ["default", "golden"]})
        self.assertEqual(registry.get_model().version_id, "2")
        self.assertEqual(registry.get_model("stable").version_id, "1")
        registry.update_version("1", version_description="again", labels={"grade": "b"})
        told = registry.get_version_info("1")
        self.assertEqual((told.version_description, told.model_resource_name), ("again", first.resource_name))
        self.assertEqual(registry.get_model("1").labels, {"grade": "b"})
        self.assertEqual([one.version_id for one in registry.list_versions(filter='labels.grade="b"')], ["1"])
        registry.delete_version("1")
        self.assertEqual([one.version_id for one in registry.list_versions()], ["2"])
        with self.assertRaises(exceptions.BadRequest):
            registry.delete_version("2")
        third = self.upload(parent_model=first.name)
        self.assertEqual(third.version_id, "3")

    def test_update_list_and_delete(self):
        name = a_name("listed")
        model = self.upload(display_name=name)
        model.update(display_name=name + " b", description="better", labels={"suite": name})
        again = aiplatform.Model(model.resource_name)
        self.assertEqual((again.display_name, again.description, again.labels),
                         (name + " b", "better", {"suite": name}))
        other = self.upload(display_name=name + " a", labels={"suite": name})
        for filter_ in (f'labels.suite="{name}"', f'display_name="{name} b" OR model="{other.name}"'):
            found = aiplatform.Model.list(filter=filter_, order_by="display_name")
            self.assertEqual([one.name for one in found], [other.name, model.name], filter_)
        found = aiplatform.Model.list(filter=f'labels.suite="{name}"', order_by="create_time desc")
        self.assertEqual([one.name for one in found], [other.name, model.name])
        model.delete()
        with self.assertRaises(exceptions.NotFound):
            aiplatform.Model(model.resource_name)

    def test_export_copies_the_files(self):
        model = self.upload()
        formats = model.supported_export_formats
        self.assertEqual([[one.name for one in contents] for contents in formats.values()], [["ARTIFACT"]])
        told = model.export_model(next(iter(formats)), artifact_destination="gs://stage/" + a_name("export"))
        uri, = files_below(told["artifactOutputUri"])
        self.assertEqual(pickle.loads(read(uri)), b"weights")

    def test_copy_is_a_model_of_its_own(self):
        model = self.upload()
        copy = model.copy(destination_location="us-central1", destination_model_id=a_name("copy"))
        self.assertEqual(copy.version_id, "1")
        self.assertNotEqual(copy.name, model.name)
        self.assertEqual(copy.display_name, model.display_name)


class GeneratedClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = models()

    def test_two_levels_do_not_mix(self):
        model = aiplatform.Model.upload(display_name=a_name("levels"))
        for name, mask in ((model.resource_name, ["version_description"]),
                           (model.resource_name + "@1", ["display_name"]),
                           (model.resource_name, ["display_name", "version_description"])):
            with self.assertRaises(exceptions.BadRequest) as caught:
                self.client.update_model(model={"name": name, "display_name": "a", "version_description": "b"},
                                         update_mask={"paths": mask})
            self.assertIn("FAILED_PRECONDITION", caught.exception.response.text)

    def test_list_follows_pages_and_its_mask_leaves_the_rest_out(self):
        label = a_name("page")
        made = [aiplatform.Model.upload(display_name=f"m{count}", labels={"suite": label}).resource_name
                for count in range(3)]
        pager = self.client.list_models(request={
            "parent": PARENT, "filter": f'labels.suite="{label}"', "order_by": "display_name desc",
            "page_size": 2, "read_mask": {"paths": ["display_name"]}})
        pages = [[one for one in page.models] for page in pager.pages]
        self.assertEqual([[one.display_name for one in page] for page in pages], [["m2", "m1"], ["m0"]])
        self.assertFalse(pages[0][0].labels)
        self.assertEqual(len(made), 3)


if __name__ == "__main__":
    unittest.main()
