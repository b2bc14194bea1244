"""Sightline: Amazon Rekognition's API on infrastructure of your own."""
