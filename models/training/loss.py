"""What training minimizes: InfoNCE over regions, and KoLeo entropy (SSCD, 2022)."""

import torch
from torch import Tensor
from torch.nn import functional


def region_similarity(copies: Tensor, originals: Tensor) -> Tensor:
    """Compare each copy with each original by the copy's best region.

    This is how a copy is searched for: one of its regions shows the original.

    Args:
        copies: (n, regions, d), L2-normalized.
        originals: (m, d), L2-normalized.

    Returns:
        (n, m) cosine similarity.
    """
    similarity: Tensor = torch.einsum("nrd,md->nrm", copies, originals).amax(dim=1)
    return similarity


def info_nce(similarity: Tensor, *, temperature: float) -> Tensor:
    """Cross-entropy of finding each row's own column, which is the diagonal.

    Args:
        similarity: (n, m) with m >= n; columns past n are only negatives.
        temperature: small values look at the hardest negatives.

    Returns:
        The mean over the rows.
    """
    logits = similarity / temperature
    labels = torch.arange(len(logits), device=logits.device)
    return functional.cross_entropy(logits, labels)


def koleo(vectors: Tensor) -> Tensor:
    """Kozachenko-Leonenko entropy: push each vector away from its nearest neighbor.

    It spreads the embeddings over the sphere, so that one threshold suits all.

    Args:
        vectors: (n, d), L2-normalized, n >= 2.
    """
    cosine = (vectors @ vectors.T).fill_diagonal_(-2.0)
    nearest = cosine.argmax(dim=1)
    distance = (vectors - vectors[nearest]).norm(dim=1)
    return -torch.log(distance + 1e-6).mean()
