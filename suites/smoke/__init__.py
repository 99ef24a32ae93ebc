"""The shortest path through each capability: is the target up and in its right mind?"""
