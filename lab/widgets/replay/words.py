"""What the replay says: the proposal in a sentence or two, the list of proposals, the legend.  Pure, HTML out."""

from html import escape

from lab.clustering import Step
from lab.figures.colours import cividis_table
from lab.widgets.replay.compute import Frame, Inputs, Proposal, Run, centre_px, margin_px
from lab.widgets.replay.game import MOST_POINTS, Outcome, tell_score


def headline(inputs: Inputs, run: Run, frame: Frame, *, asking: bool = False) -> str:
    """Where in the clustering this is, and the verdict; in the game how many there are is not told."""
    name = escape(inputs.class_names[frame.class_index - 1])
    total = "" if asking else f" of {len(run)}"
    parts = [f"<b>{frame.place}</b>{total} proposal{'s' if total or frame.place != 1 else ''}", f"class {name}"]
    if frame.current:
        parts.append(tell_verdict(frame.current))
    return f'<span class="lab-replay-place">{" &nbsp;·&nbsp; ".join(parts)}</span>'


def tell_verdict(proposal: Proposal) -> str:
    """'accepted as instance 3: 1153 px, 100% of them new', or why not."""
    reason = escape(proposal.step.reason)
    if proposal.number:
        return reason.replace("accepted", f"✓ accepted as instance {proposal.number}", 1)
    return f"✗ rejected, {reason}"


def tell_frame(inputs: Inputs, run: Run, frame: Frame) -> str:
    """The proposal, its verdict and what is left; before the first, what there is to begin with."""
    if frame.current is None:
        many = int(frame.candidate.sum())
        begin = f"<p>Nothing is assigned yet: {many:,} candidates, seed score in colour. Step forward.</p>"
        return begin + tell_end(inputs, run, frame)
    p, step = frame.current, frame.current.step
    left = p.unassigned - step.unassigned_pixels - 1
    return (
        f"<p><b>Seed</b> (ring): column {step.column}, row {step.row}, score {step.score:.3f}, the highest of the "
        f"{p.unassigned:,} unassigned candidates.</p>"
        f"<p><b>Margin</b> (dashed): {tell_margin(step)}.</p>"
        f"<p><b>Proposal</b> (outlined): {step.proposal_pixels:,} candidates point into it, {step.unassigned_pixels:,} "
        f"of them new (the seed not counted).</p>"
        f'<p class="lab-replay-verdict">{tell_verdict(p)}.</p>'
        f"<p>{tell_what_is_taken(step)} {left:,} candidates are left.</p>" + tell_end(inputs, run, frame)
    )


def tell_margin(step: Step) -> str:
    """Round which place, and how far."""
    (x, y), (radius_x, radius_y) = centre_px(step), margin_px(step)
    return f"round the seed's embedding, column {x:.1f}, row {y:.1f}; {radius_x:.1f} px across, {radius_y:.1f} upright"


def tell_what_is_taken(step: Step) -> str:
    """Both kinds of proposal take their pixels."""
    if step.accepted:
        return "Its pixels are now assigned."
    return "Its pixels are assigned all the same."


def tell_end(inputs: Inputs, run: Run, frame: Frame) -> str:
    """Why the class is finished, if its last proposal is the one being looked at; nothing otherwise."""
    those = [k for k, p in enumerate(run.proposals, start=1) if p.step.class_index == frame.class_index]
    if those and frame.place != those[-1]:
        return ""
    name = escape(inputs.class_names[frame.class_index - 1])
    return f"<p><b>End of class {name}:</b> {run.ends[frame.class_index]}.</p>"


def tell_pixel(inputs: Inputs, run: Run, frame: Frame, pixel: tuple[int, int]) -> str:
    """What one pixel is at this place."""
    column, row = pixel
    score = float(inputs.seed_map(frame.class_index)[row, column])
    owner = int(frame.owner[row, column])
    if not frame.candidate[row, column]:
        state = "not a candidate"
    elif owner:
        state = f"assigned by proposal {owner}" + (", and in this one again" if frame.claim[row, column] else "")
    elif frame.claim[row, column]:
        state = "taken by this proposal"
    else:
        state = "still unassigned"
    return f"Pixel column {column}, row {row}: score {score:.3f}, {state}."


def tell_score_of(inputs: Inputs, _: Run, frame: Frame, pixel: tuple[int, int]) -> str:
    """All that the game tells of the chosen pixel: neither whether it is assigned nor its rank."""
    column, row = pixel
    return (
        f"Chosen pixel: column {column}, row {row}, seed score {inputs.seed_map(frame.class_index)[row, column]:.3f}."
    )


def list_proposals(inputs: Inputs, run: Run, place: int) -> str:
    """The proposals made so far, the newest on top and marked."""
    rows = "".join(_row(inputs, run, k, current=k == place) for k in range(place, 0, -1))
    head = "<td></td><th>no.</th><th>class</th><th>score</th><th>pixels</th><th>new</th><th>verdict</th>"
    empty = '<tr><td colspan="7">none yet</td></tr>'
    return f'<div class="lab-replay-list"><table><tr>{head}</tr>{rows or empty}</table></div>'


def _row(inputs: Inputs, run: Run, k: int, *, current: bool) -> str:
    p, step = run.proposals[k - 1], run.proposals[k - 1].step
    cells = (
        "▶" if current else "",
        k,
        escape(inputs.class_names[step.class_index - 1]),
        f"{step.score:.3f}",
        f"{step.proposal_pixels:,}",
        f"{1 - step.overlap:.0%}",
        f"✓ instance {p.number}" if step.accepted else f"✗ {step.reason.split(':')[0]}",
    )
    style = f' class="lab-replay-{"now" if current else "past"}"'
    return f"<tr{style}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def legend(*, asking: bool = False) -> str:
    """Samples of the grounds with their words; the game shows the score of assigned pixels, too."""
    blue, yellow = ("rgb({},{},{})".format(*cividis_table()[k]) for k in (0, 255))
    scale = f"background:linear-gradient(90deg,{blue},{yellow})"
    stripes = "background:repeating-linear-gradient(45deg,#141414 0 2px,#a0a0a0 2px 6px)"
    dots = "background:radial-gradient(#141414 30%,#c0a060 34%) 0 0/6px 6px"
    kinds = {
        "background:#d9d9d9": "no candidate",
        scale: "unassigned: seed score, from threshold to 1",
        "background:#c0a060;outline:2px solid #e69f00": "assigned and accepted (numbered)",
        stripes: "assigned, though rejected",
        dots: "in this proposal, but taken before",
    }
    if asking:
        kinds = {
            "background:#d9d9d9": "no candidate",
            scale: "seed score, from threshold to 1",
            "background:#fff;outline:2px solid #141414": "outlined in white: assigned",
        }
    samples = "".join(f'<span><i style="{style}"></i>{words}</span>' for style, words in kinds.items())
    return f'<div class="lab-replay-legend">{samples}</div>'


def describe(inputs: Inputs, run: Run, frame: Frame) -> str:
    """Alternative text of the picture."""
    name = inputs.class_names[frame.class_index - 1]
    if frame.current is None:
        return f"The street with the candidates of class {name} after {frame.place} of {len(run)} proposals."
    step = frame.current.step
    return (
        f"Proposal {frame.place} of {len(run)}, class {name}: seed at column {step.column}, row {step.row}, "
        f"{step.proposal_pixels} pixels; {step.reason}."
    )


def ask_question(inputs: Inputs, run: Run, frame: Frame, outcomes: tuple[Outcome, ...]) -> str:
    """The game's question; colours are seed scores, and outlines enclose what is assigned."""
    name = escape(inputs.class_names[frame.class_index - 1])
    return (
        f"<p><b>Which pixel is next?</b> Class {name}. {tell_taken(frame.place)} "
        "Click the seed map (or use the arrow keys), then <i>this one</i>; or does it end here?</p>"
        f"<p>Candidates have a seed score above {run.thresholds.foreground_threshold:.2f}, a seed needs "
        f"{run.thresholds.seed_threshold:.2f}; more than {run.thresholds.min_pixels} must be unassigned.</p>"
        + (f"<p>{tell_score(outcomes)}.</p>" if outcomes else "")
    )


def tell_taken(place: int) -> str:
    """How many proposals have taken what is outlined."""
    if place == 0:
        return "Nothing is assigned yet."
    return f"{place} proposal{' has' if place == 1 else 's have'} taken what is outlined."


def tell_outcome(outcomes: tuple[Outcome, ...], *, over: bool) -> str:
    """The last round's points, why, and the score."""
    last = outcomes[-1]
    total = f"{'The end: ' if over else ''}{tell_score(outcomes)}."
    return f"<p><b>{last.points} of {MOST_POINTS} points.</b> {escape(last.why)}</p><p><b>{total}</b></p>"
