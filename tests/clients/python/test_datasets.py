"""Managed datasets through the SDK's classes: tables, and items with annotations that are imported."""

import json
import unittest

from google.api_core import exceptions
from google.cloud import aiplatform
from google.cloud.aiplatform import schema

import table
from fixture import a_name, all_at_once, datasets, files_below, read, stored

SET_OF = "aiplatform.googleapis.com/ml_use"
IMAGES = 12
SETS = ("training", "training", "validation", "test")


def image_index(images):
    """JSON Lines of images that are daisies and roses by turns, and the sets that they are meant for."""
    return stored("".join(json.dumps({
        "imageGcsUri": uri, "classificationAnnotation": {"displayName": ("daisy", "rose")[number % 2]},
        "dataItemResourceLabels": {SET_OF: SETS[number % len(SETS)]}}) + "\n" for number, uri in enumerate(images)),
        ".jsonl")


def lines_of(uri):
    return [json.loads(line) for line in read(uri).splitlines()]


class Tabular(unittest.TestCase):
    def test_table_knows_its_columns(self):
        uri = stored(table.table())
        dataset = aiplatform.TabularDataset.create(display_name=a_name("table"), gcs_source=uri,
                                                   labels={"team": "vision"})
        self.assertEqual(sorted(dataset.column_names), sorted(table.COLUMNS))  # the library's order is a set's
        self.assertEqual(dataset.metadata_schema_uri, schema.dataset.metadata.tabular)
        again = aiplatform.TabularDataset(dataset.name)
        self.assertEqual(again.labels["team"], "vision")
        self.assertEqual(dict(again.gca_resource.metadata["inputConfig"]["gcsSource"]), {"uri": [uri]})

    def test_update_list_and_delete(self):
        name = a_name("listed")
        made = [aiplatform.TabularDataset.create(display_name=f"{name} {letter}", gcs_source=stored(table.table()),
                                                 labels={"suite": name}) for letter in "ab"]
        made[0].update(display_name=name + " c", description="better", labels={"suite": name, "grade": "b"})
        again = aiplatform.TabularDataset(made[0].resource_name)
        self.assertEqual((again.display_name, again.gca_resource.description, again.labels["grade"]),
                         (name + " c", "better", "b"))
        found = aiplatform.TabularDataset.list(filter=f'labels.suite="{name}"', order_by="display_name")
        self.assertEqual([one.name for one in found], [made[1].name, made[0].name])
        self.assertEqual([one.name for one in aiplatform.TabularDataset.list(filter=f'display_name="{name} b"')],
                         [made[1].name])
        self.assertEqual(aiplatform.ImageDataset.list(filter=f'labels.suite="{name}"'), [])
        made[0].delete()
        with self.assertRaises(exceptions.NotFound):
            aiplatform.TabularDataset(made[0].resource_name)


@all_at_once
class Items(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.uris = [stored(f"image {number}", ".jpg") for number in range(IMAGES)]
        cls.index = image_index(cls.uris)

    def images(self):
        return aiplatform.ImageDataset.create(
            display_name=a_name("images"), gcs_source=self.index,
            import_schema_uri=schema.dataset.ioformat.image.single_label_classification)

    def test_images_are_imported_once(self):
        dataset = self.images()
        dataset.import_data(gcs_source=image_index(self.uris), data_item_labels={"camera": "left"},
                            import_schema_uri=schema.dataset.ioformat.image.single_label_classification)
        client = datasets()
        items = list(client.list_data_items(parent=dataset.resource_name))
        self.assertEqual(len(items), IMAGES)
        self.assertEqual({item.labels["camera"] for item in items}, {"left"})
        self.assertEqual({item.payload["gcsUri"] for item in items}, set(self.uris))
        some = list(client.list_data_items(request={
            "parent": dataset.resource_name, "filter": f"labels.{SET_OF}=training", "page_size": 4}))
        self.assertEqual(len(some), IMAGES // 2)
        annotation, = client.list_annotations(parent=some[0].name)
        self.assertEqual(annotation.payload_schema_uri, schema.dataset.annotation.image.classification)
        kind = client.get_annotation_spec(
            name=f"{dataset.resource_name}/annotationSpecs/{annotation.payload['annotationSpecId']}")
        self.assertEqual(kind.display_name, annotation.payload["displayName"])

    def test_texts_come_from_csv(self):
        dataset = aiplatform.TextDataset.create(display_name=a_name("texts"))
        good, bad = stored("a good film", ".txt"), stored("a bad film", ".txt")
        dataset.import_data(gcs_source=stored(f"training,{good},good\ntest,{bad},bad\n", ".csv"),
                            import_schema_uri=schema.dataset.ioformat.text.single_label_classification)
        items = list(datasets().list_data_items(parent=dataset.resource_name))
        self.assertEqual(sorted(item.labels[SET_OF] for item in items), ["test", "training"])
        self.assertEqual([one.name for one in aiplatform.TextDataset.list(
            filter=f'display_name="{dataset.display_name}"')], [dataset.name])

    def test_export_writes_every_item(self):
        dataset = self.images()
        exported = dataset.export_data("gs://stage/" + a_name("export"))
        lines = sum(map(lines_of, exported), [])
        self.assertEqual({line["imageGcsUri"] for line in lines}, set(self.uris))

    def exported(self, dataset, split):
        """How many lines each set has."""
        folder = "gs://stage/" + a_name("export")
        told = dataset.export_data_for_custom_training(
            folder, annotation_schema_uri=schema.dataset.annotation.image.classification, split=split)
        files = files_below(folder)
        patterns = told["exportedFiles"]
        self.assertEqual([pattern.rsplit("/", 1)[1].split("*")[0] for pattern in patterns],
                         ["training-", "validation-", "test-"])
        counts = [sum(len(lines_of(uri)) for uri in files if uri.startswith(pattern.split("*")[0]))
                  for pattern in patterns]
        self.assertEqual([int(told["dataStats"].get(f"{name}DataItemsCount", 0))
                          for name in ("training", "validation", "test")], counts)
        return counts

    def test_export_for_training_splits_by_filters(self):
        self.assertEqual(self.exported(self.images(), {
            "training_filter": f"labels.{SET_OF}=training", "validation_filter": f"labels.{SET_OF}=validation",
            "test_filter": "-"}), [IMAGES // 2, IMAGES // 4, 0])

    def test_export_for_training_splits_by_fractions(self):
        self.assertEqual(self.exported(self.images(), {
            "training_fraction": 0.5, "validation_fraction": 0.25, "test_fraction": 0.25}),
            [IMAGES // 2, IMAGES // 4, IMAGES // 4])

    def test_missing_index_fails_the_import(self):
        dataset = aiplatform.ImageDataset.create(display_name=a_name("none"))
        with self.assertRaises((exceptions.GoogleAPICallError, RuntimeError)) as caught:
            dataset.import_data(gcs_source="gs://stage/nowhere.jsonl",
                                import_schema_uri=schema.dataset.ioformat.image.single_label_classification)
        self.assertIn("nowhere.jsonl", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
