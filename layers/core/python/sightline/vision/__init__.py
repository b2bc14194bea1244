"""What is seen on photos. The only place that runs models and opens images."""
