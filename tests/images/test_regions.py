import numpy as np
import pytest

from mmpc.errors import UnreadableFileError
from mmpc.images.image import Image
from mmpc.images.regions import (
    body_mask,
    find_regions,
    read_mask,
    region_of_interest,
    skull_interior_mask,
)
from mmpc.images.samples import sample


def disk(radius, size=200):
    y, x = np.ogrid[:size, :size]
    return (y - size // 2) ** 2 + (x - size // 2) ** 2 <= radius**2


@pytest.fixture
def head():
    """A head of circles in HU: skin at 90, skull from 80 to 70 with a gap, a table below."""
    hounsfield = np.full((200, 200), -1000.0)
    hounsfield[disk(90)] = 30
    hounsfield[disk(80)] = 1000
    hounsfield[disk(70)] = 35
    hounsfield[100:105, 160:190] = 40  # a suture, five pixels wide
    hounsfield[196:198] = 200
    return hounsfield


def test_phantom(head):
    assert body_mask(head).sum() == pytest.approx(disk(90).sum(), rel=0.01)
    interior = skull_interior_mask(head)
    assert interior.sum() == pytest.approx(disk(70).sum(), rel=0.01)
    # A disk of radius 4 dips less than 2 pixels into a gap of 5.
    assert not (interior & ~disk(72)).any()


def test_the_body_is_denser_than_300_below_water():
    hounsfield = np.full((60, 60), -1000.0)
    hounsfield[10:40, 10:40] = -299.5
    assert body_mask(hounsfield)[11:39, 11:39].all()
    hounsfield[10:40, 10:40] = -300
    assert body_mask(hounsfield) is None


@pytest.mark.parametrize(("side", "found"), [(9, False), (11, True)])
def test_a_body_takes_two_percent_of_the_image(side, found):
    hounsfield = np.full((70, 70), -1000.0)
    hounsfield[20 : 20 + side, 20 : 20 + side] = 40  # without its corners
    assert (body_mask(hounsfield) is not None) == found


@pytest.mark.parametrize(("radius", "found"), [(30, False), (40, True)])
def test_an_interior_takes_15_percent_of_the_body(head, radius, found):
    head[disk(79)] = 1000
    head[disk(radius)] = 35
    assert (skull_interior_mask(head) is not None) == found


def test_what_is_thin_is_no_part_of_the_body(head):
    """The table's top is two pixels thick; a disk of seven does not fit into six."""
    head[185:191, :] = 200
    body = body_mask(head)
    assert not body[196:].any() and not body[185:191, :40].any()


def test_no_head_no_interior(head):
    head[head > 500] = 50
    assert skull_interior_mask(head) is None
    assert body_mask(np.full((50, 50), -1000.0)) is None


def test_real_head_and_abdomen():
    regions = find_regions(sample("head_ct"))
    head, brain = regions["body"], regions["skull_interior"]
    assert 0.5 < brain.sum() / head.sum() < 0.8
    assert not (brain & ~head).any()
    hounsfield = sample("head_ct").hounsfield()
    assert 0 < np.median(hounsfield[brain]) < 60  # brain, not bone, not air
    assert set(find_regions(sample("abdomen_ct"))) == {"body"}
    assert find_regions(sample("abdomen_mr")) == {}


def test_the_interior_comes_before_the_body(head):
    def image_of(hounsfield, modality="CT"):
        return Image(hounsfield.astype(np.int16), 16, modality=modality)

    assert region_of_interest(image_of(head))[0] == "skull_interior"
    assert region_of_interest(image_of(head, "MR")) is None
    head[head > 500] = 50
    name, body = region_of_interest(image_of(head))
    assert name == "body" and body[disk(80)].all()
    assert region_of_interest(image_of(np.full((50, 50), -1000))) is None


def test_a_mask_replaces_what_is_found(tmp_path):
    mask = np.zeros((512, 512), np.uint8)
    mask[100:200, 100:300] = 255
    np.save(tmp_path / "mask.npy", mask)
    read = read_mask(tmp_path / "mask.npy")
    regions = find_regions(sample("head_ct"), read)
    assert set(regions) == {"mask"} and regions["mask"].sum() == 20000
    small = Image(np.zeros((8, 9), np.uint8), bits_stored=8, source_name="small.png")
    with pytest.raises(UnreadableFileError, match=r"512 x 512 pixels and small\.png has 8 x 9"):
        find_regions(small, read)
    np.save(tmp_path / "empty.npy", np.zeros((4, 4), np.uint8))
    with pytest.raises(UnreadableFileError, match="empty"):
        read_mask(tmp_path / "empty.npy")
