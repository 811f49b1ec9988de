"""Names of containers: which are allowed, and those that are given to who asks for none."""

from __future__ import annotations

import random
import re
from collections.abc import Container

__all__ = ["ALLOWED", "allowed", "invented"]

ALLOWED = "[a-zA-Z0-9][a-zA-Z0-9_.-]"
"""As the engine words its rule: at least two characters."""
ADJECTIVES = (
    "admiring adoring affectionate agitated amazing beautiful blissful bold brave busy charming clever "
    "compassionate competent confident dazzling determined eager ecstatic elastic elated elegant eloquent epic "
    "exciting fervent focused friendly funny gallant gifted goofy gracious happy hopeful hungry inspiring "
    "intelligent jolly jovial keen kind laughing loving lucid magical modest musing nice nifty nostalgic objective "
    "optimistic peaceful pensive quirky quizzical relaxed reverent romantic serene sharp silly sleepy stoic strange "
    "sweet tender thirsty trusting upbeat vibrant vigilant vigorous wizardly wonderful youthful zealous zen"
)
SURNAMES = (
    "archimedes babbage bell bohr booth boyd brahmagupta carson cerf clarke cori curie darwin dijkstra einstein "
    "euclid euler faraday fermat fermi feynman franklin galileo galois gauss germain goldberg goodall hamilton "
    "hawking heisenberg hermann hodgkin hopper hypatia johnson joliot keller kepler knuth lamarr lamport leavitt "
    "liskov lovelace maxwell mayer mcclintock meitner mendel mendeleev mirzakhani morse newton noether nobel pascal "
    "pasteur payne perlman poincare ramanujan ride ritchie sammet shannon shirley stallman swartz tesla thompson "
    "torvalds turing villani wilbur wiles wing wozniak wright"
)
_ALLOWED = re.compile(rf"{ALLOWED}+")


def allowed(name: str) -> bool:
    """Whether a container or a volume may bear that name."""
    return _ALLOWED.fullmatch(name) is not None


def invented(chance: random.Random, taken: Container[str]) -> str:
    """A name as the engine makes them, an adjective and somebody's, that nobody bears."""
    adjectives, surnames = ADJECTIVES.split(), SURNAMES.split()
    while True:
        name = f"{chance.choice(adjectives)}_{chance.choice(surnames)}"
        if name not in taken:
            return name
        if (longer := f"{name}{chance.randrange(10)}") not in taken:
            return longer
