"""What may be said of two arms, in one sentence."""

from fractions import Fraction

from lab.comparison.spread import Numbers, permutation_p, spread_of

SUPPORTED = 0.05  # of p, one-sided: with three seeds against three, every one of these above every one of those


def tell_lead(first: str, a: Numbers, second: str, b: Numbers) -> str:
    """Whether these seeds support that the first arm is ahead of the second, which was asked beforehand.

    The test is one-sided, and its side is that of the question: chosen after looking, p = 1/20 would come about twice
    as often among arms that are the same.
    """
    if not len(a) or not len(b):
        return f"{first} and {second}: not recorded."
    lead = spread_of(a).mean - spread_of(b).mean
    p = permutation_p(a, b)
    told = f"{first} is {'ahead of' if lead >= 0 else 'behind'} {second} by {abs(lead):.1f} points"
    verdict = "supported" if p <= SUPPORTED else "not supported by these seeds"
    return f"{told}: that it is ahead is {verdict} (p = {as_fraction(p)})."


def as_fraction(p: float) -> str:
    """A share of dealings, as 3/10."""
    share = Fraction(p).limit_denominator(1000)
    return f"{share.numerator}/{share.denominator}" if share != 1 else "1"
