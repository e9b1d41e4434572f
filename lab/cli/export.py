"""A model for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from lab.cli.app import app, plain_errors
from lab.cli.options import ModelOption


@app.command()
@plain_errors
def export(
    output: Annotated[Path, typer.Argument(help="The .onnx file to write.")],
    model: ModelOption = "shipped",
) -> None:
    """Write a model as ONNX (opset 18), for programs without torch and without this lab.

    Before it is kept, the file is run by ONNX Runtime on random pictures and a real one, in several sizes, and held
    equal to the network; otherwise nothing is written.  The real one is a street, also for a model of nuclei: two
    outputs are compared, not what they mean.  Height, width and number of pictures are free.

    In:   image, float32 [B, 3, H, W], RGB, 0 to 1; of a model with "intensity": "percentile" in its card, each picture
    stretched by its 1st and 99.8th percentile.

    Out:  output, float32 [B, 2 + S + N, H, W], raw.  Channels 0, 1: offsets o; a pixel at (column, row) points to
    (column, row) / 1024 + tanh(o).  The next S (1 or 2): bandwidths b; sharpness is exp(10 b).  The last N: one seed
    map for each class; scores are 1 / (1 + exp(-value)).

    The file's metadata hold the card, as JSON under the key spatial_embedding_lab: bandwidth_channels (S),
    class_names, and the thresholds that turn the output into instances.  In Python:

    \b
    session = onnxruntime.InferenceSession("FILE.onnx")
    card = json.loads(session.get_modelmeta().custom_metadata_map["spatial_embedding_lab"])
    raw, = session.run(None, {"image": picture})
    names = ("seed_threshold", "foreground_threshold", "min_pixels", "min_unassigned")
    own = {name: card[name] for name in names}
    found = lab.clustering.cluster(torch.from_numpy(raw[0]), card["bandwidth_channels"], **own)
    """
    import numpy as np

    from lab import export as onnx
    from lab.datasets.sample import street
    from lab.evaluation.commands import load_named

    picture = street().image.transpose(2, 0, 1)[None].astype(np.float32) / 255
    done = onnx.export(load_named(model), output, picture)
    typer.echo(
        f"{done.path}: {done.size / 2**20:.1f} MiB, ONNX opset {onnx.OPSET}. Equal to the network on pictures of "
        f"{', '.join(done.sizes)} (number x height x width): largest difference {done.difference:.1e}, of values up "
        f"to {done.largest:.1f}."
    )
