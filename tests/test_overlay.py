"""Instances drawn over an image: colours, outlines, captions."""

import tracemalloc

import numpy as np

from lab.overlay import caption_box, instance_colours, outlines, overlay


class TestOverlay:
    labels = np.repeat(np.repeat(np.array([[0, 1, 2], [0, 0, 3]]), 60, 0), 120, 1)
    image = np.full((*labels.shape, 3), 100, np.uint8)

    def test_background_stays_and_instances_are_coloured(self):
        picture = overlay(self.image, self.labels, np.array([0.9, 0.8, 0.7], np.float32), ["car", "bus", "person"])
        np.testing.assert_array_equal(picture[:, :60], self.image[:, :60])
        edge = outlines(self.labels)
        assert (picture[edge & (self.labels == 1)] == 255).all(axis=1).mean() > 0.9
        inner = [picture[5, 125], picture[5, 245], picture[65, 245]]
        assert len({tuple(colour) for colour in inner}) == 3

    def test_captions_are_drawn_where_they_fit(self):
        plain = overlay(self.image, self.labels, np.ones(3), ["", "", ""])
        named = overlay(self.image, self.labels, np.ones(3), ["car", "bus", "person"])
        assert (plain != named).any()
        tiny = np.zeros((40, 40), int)
        tiny[3:6, 3:6] = 1
        args = np.zeros((40, 40, 3), np.uint8), tiny, np.ones(1)
        np.testing.assert_array_equal(overlay(*args, ["car"]), overlay(*args, ["bus"]))

    def test_places_of_captions(self):
        mask = np.zeros((100, 100), bool)
        mask[40:90, 20:70] = True
        assert caption_box(mask, 30, 10) == (29, 59, 59, 69)  # in the middle
        assert caption_box(mask, 60, 10) == (14, 29, 74, 39)  # too wide: above
        assert caption_box(mask, 60, 30) is None  # too low for a caption of that height
        assert caption_box(np.zeros((9, 9), bool), 3, 3) is None
        mask[:, :15] = mask[:50] = True
        left, top, _, _ = caption_box(mask[:, :15], 14, 8)
        assert (left, top) >= (0, 0)

    def test_a_caption_does_not_hide_another_instance(self):
        labels = np.ones((100, 100), int)
        labels[40:90, 48:52] = 2  # slim, within another: its caption would lie on the other
        args = np.zeros((100, 100, 3), np.uint8), labels, np.ones(2)
        np.testing.assert_array_equal(overlay(*args, ["car", "person"]), overlay(*args, ["car", "bus"]))

    def test_neighbours_differ_while_colours_last(self):
        labels = np.arange(1, 29).reshape(4, 7)[:, [0, 1, 2, 3, 4, 5, 6]]
        colours = instance_colours(labels, 28)
        for row in range(4):
            for column in range(7):
                for other in ((row + 1, column), (row, column + 1)):
                    if other[0] < 4 and other[1] < 7:
                        assert colours[labels[row, column] - 1] != colours[labels[other] - 1]

    def test_as_many_instances_as_a_label_image_holds(self):
        """All in a row: a table of all pairs would take 4 GB."""
        labels = np.zeros((3, 2**16), np.int64)
        labels[1, 1:] = np.arange(1, 2**16)
        tracemalloc.start()
        try:
            colours = instance_colours(labels, 2**16 - 1)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert most < 2**28
        assert not [k for k in range(len(colours) - 1) if colours[k] == colours[k + 1]]

    def test_a_caption_does_not_hide_another(self):
        """Two slim ones side by side have room above them for one: the larger is named, the other is not."""
        labels = np.zeros((120, 200), int)
        labels[40:115, 80:90], labels[40:110, 90:100] = 1, 2
        args = np.zeros((120, 200, 3), np.uint8), labels, np.ones(2)
        np.testing.assert_array_equal(overlay(*args, ["car", "bus"]), overlay(*args, ["car", "person"]))
        assert (overlay(*args, ["car", "bus"]) != overlay(*args, ["bus", "bus"])).any()

    def test_without_instances_and_with_a_hidden_one(self):
        nothing = np.zeros((8, 8), int)
        image = np.zeros((8, 8, 3), np.uint8)
        np.testing.assert_array_equal(overlay(image, nothing, np.zeros(0), []), image)
        np.testing.assert_array_equal(overlay(image, nothing, np.ones(1), ["car"]), image)
